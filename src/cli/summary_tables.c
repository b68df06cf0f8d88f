#include "cli/summary_tables.h"

#include <stdio.h>

#include "simulate/summary.h"

static void shape_cell(struct table *table, const struct summary_layer *layer)
{
    if (layer->height == 1 && layer->width == 1)
        table_words(table, "%d", layer->channels);
    else
        table_words(table, "%dx%dx%d", layer->channels, layer->height, layer->width);
}

/* A count; missing where it is 0. */
static void count_cell(struct table *table, uint64_t count)
{
    if (count > 0)
        table_number(table, 0, (double)count);
    else
        table_missing(table);
}

/* What a layer has on crossbars. */
static void crossbar_cells(struct table *table, const struct summary_layer *layer,
                           struct crossbar_format format)
{
    const double cells = (double)layer->tiles * format.rows * format.columns;
    if (layer->row_tiles > 0)
        table_words(table, "%zux%zu", layer->row_tiles, layer->column_tiles);
    else
        table_missing(table);
    count_cell(table, layer->arrays);
    if (layer->tiles == 0) {
        table_missing(table);
        table_missing(table);
        table_missing(table);
        return;
    }
    table_number(table, 2, 100.0 * (double)layer->cells / cells);
    table_number(table, 0, layer->static_bits);
    table_number(table, 4, (double)layer->conversions / (double)layer->macs);
}

static void layer_row(struct table *table, const struct summary_layer *layer,
                      struct crossbar_format format)
{
    if (*layer->name)
        table_words(table, "%s", layer->name);
    else
        table_missing(table);
    table_words(table, "%s", layer->kind);
    shape_cell(table, layer);
    count_cell(table, layer->weights);
    count_cell(table, layer->macs);
    crossbar_cells(table, layer, format);
    table_number(table, 1, 1e-3 * (double)layer->sample_bytes);
}

static void all_row(struct table *table, const struct summary *summary)
{
    const struct summary_layer *all = &summary->all;
    table_words(table, "all");
    table_missing(table);
    table_missing(table);
    count_cell(table, all->weights);
    count_cell(table, all->macs);
    crossbar_cells(table, all, summary->format);
    table_number(table, 1, 1e-3 * (double)all->sample_bytes);
}

static struct table *layers_table(const struct summary *summary, const char *run)
{
    char title[192];
    const struct crossbar_format format = summary->format;
    snprintf(title, sizeof title, "Layers of %s", run);
    struct table *table = table_create("layers", title);
    table_column(table, TABLE_WORDS, "layer", NULL);
    table_column(table, TABLE_WORDS, "kind", NULL);
    table_column(table, TABLE_WORDS, "output", NULL);
    table_column(table, TABLE_NUMBER, "weights", NULL);
    table_column(table, TABLE_NUMBER, "MACs", NULL);
    table_column(table, TABLE_WORDS, "tiles", NULL);
    table_column(table, TABLE_NUMBER, "arrays", NULL);
    table_column(table, TABLE_NUMBER, "utilisation", "%");
    table_column(table, TABLE_NUMBER, "static bits", NULL);
    table_column(table, TABLE_NUMBER, "conversions / MAC", NULL);
    table_column(table, TABLE_NUMBER, "activations", "kB");
    for (size_t l = 0; l < summary->layers; l++)
        layer_row(table, &summary->layer[l], format);
    all_row(table, summary);
    table_note(table,
               "weights: trained values, biases included. MACs: multiply-accumulates of a sample. "
               "tiles: row x column tiles of %d x %d cells. arrays: those with a weight, over %d "
               "slices of %d bits and both signs. utilisation: cells that hold weights / cells of "
               "the arrays of one slice and sign.",
               format.rows, format.columns, crossbar_slices(format), format.cell_bits);
    table_note(table,
               "static bits: of an ADC that loses nothing, whatever the weights (reslice crossbar: "
               "those of the trained ones). conversions: with an ADC for each sign, inputs of %d "
               "bits, two passes where they are signed, and no bitline that is all zero. "
               "activations: memory of a sample in training, quantisers and gradients included.",
               format.input_bits);
    return table;
}

static struct table *memory_table(const struct summary *summary, const struct settings *settings)
{
    struct table *table = table_create("memory", "Memory of a rank in training");
    table_column(table, TABLE_NUMBER, "ranks", NULL);
    table_column(table, TABLE_NUMBER, "batch", NULL);
    table_column(table, TABLE_NUMBER, "samples of a rank", NULL);
    table_column(table, TABLE_NUMBER, "weights", "MB");
    table_column(table, TABLE_NUMBER, "activations", "MB");
    table_column(table, TABLE_NUMBER, "together", "MB");
    for (int ranks = 1; ranks <= settings->training.shards; ranks++) {
        if (settings->training.shards % ranks != 0)
            continue;
        const size_t samples = summary_samples(summary, settings, ranks);
        const double weights = 1e-6 * (double)summary->fixed_bytes;
        const double activations = 1e-6 * (double)samples * (double)summary->sample_bytes;
        table_number(table, 0, ranks);
        table_number(table, 0, (double)settings->training.batch);
        table_number(table, 0, (double)samples);
        table_number(table, 1, weights);
        table_number(table, 1, activations);
        table_number(table, 1, weights + activations);
    }
    table_note(table,
               "ranks: those that divide training.shards, %lld. samples: a rank's share of the "
               "batch, or a block of evaluation. weights: with codes, masks, gradients, momentum, "
               "sums, and all that does not grow with the samples. The program, the data set and "
               "checkpoints come on top.",
               (long long)settings->training.shards);
    return table;
}

void summary_tables_print(const struct experiment_run *run, const struct dataset *set,
                          enum table_format format)
{
    struct summary summary;
    struct table_document document;
    summary_create(&summary, &run->settings, set);
    struct table *layers = layers_table(&summary, run->name);
    struct table *memory = memory_table(&summary, &run->settings);
    table_document_begin(&document, format, stdout);
    table_document_add(&document, layers);
    table_document_add(&document, memory);
    table_document_end(&document);
    table_destroy(layers);
    table_destroy(memory);
    summary_free(&summary);
}
