/* The table of the ADC bits of each run, and what they cost against 8 bits. */
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "hw/adc_cost.h"
#include "report/adc_costs.h"
#include "report/row_cells.h"
#include "report/tables.h"

/* ---- cost columns ---- */

struct cost {
    const struct adc_model *model;
    double (*of)(int bits);
    char name[96];
};

struct costs {
    size_t count;
    struct cost *cost;
};

static void add_cost(struct costs *costs, const struct adc_model *model, double (*of)(int bits),
                     const char *prefix, const char *what)
{
    if (!of)
        return;
    struct cost *cost = &costs->cost[costs->count++];
    cost->model = model;
    cost->of = of;
    snprintf(cost->name, sizeof cost->name, "%s%s", prefix, what);
}

/* Energy and area of the models that are shown everywhere; then the sensing times, those that models
 * share once. */
static struct costs list_costs(void)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    struct costs costs = {0, MEM_NEW(struct cost, 3 * models)};
    bool share_time = true;
    for (size_t m = 0; m < models; m++) {
        char prefix[48];
        if (!model[m]->is_headline)
            continue;
        snprintf(prefix, sizeof prefix, "%s ", model[m]->name);
        add_cost(&costs, model[m], model[m]->energy, prefix, "energy of a conversion");
        add_cost(&costs, model[m], model[m]->area, prefix, "area");
        share_time &= model[m]->time == model[0]->time;
    }
    for (size_t m = 0; m < (share_time ? 1 : models); m++) {
        char prefix[48];
        snprintf(prefix, sizeof prefix, "%s ", model[m]->name);
        add_cost(&costs, model[m], model[m]->time, share_time ? "" : prefix, "sensing time");
    }
    return costs;
}

static void cost_columns(struct table *table, const struct costs *costs)
{
    for (size_t c = 0; c < costs->count; c++)
        table_column(table, TABLE_NUMBER, costs->cost[c].name, "x");
}

/* Bits below those that a model was fitted to. */
static bool is_extrapolated(const struct cost *cost, int bits)
{
    return bits > 0 && bits < cost->model->lowest_bits && cost->of != cost->model->time;
}

/* The next cells: cost of 8-bit ADCs on every slice over cost of the given ones. */
static void cost_cells(struct table *table, const struct costs *costs, const int *bits, int slices)
{
    for (size_t c = 0; c < costs->count; c++) {
        const struct cost *cost = &costs->cost[c];
        bool is_marked = false;
        for (int k = 0; k < slices; k++)
            is_marked |= is_extrapolated(cost, bits[k]);
        table_number(table, 2, report_cost_ratio(cost->of, bits, slices));
        if (is_marked)
            table_mark(table, "*");
    }
}

/* ---- rows ---- */

/* The worst (slice, layer, sign, seed); NaN when unknown. */
static double clip_rate(const struct report_row *row, int definition, int slices, const int *bits)
{
    double worst = 0;
    if (definition == ADC_STATIC || definition == ADC_OBSERVED)
        return 0; /* by definition */
    for (const struct report_result *r = row->first; r; r = r->next_seed)
        for (int k = 0; k < slices; k++) {
            const double rate = r->clip_rate[k][bits[k]];
            if (isnan(rate) || rate > worst)
                worst = rate;
            if (isnan(worst))
                return NAN;
        }
    return worst;
}

static void adc_rows(struct table *table, const struct costs *costs, const struct report_row *row)
{
    const int slices = row->first->crossbar_slices;
    for (int d = 0; d < ADC_DEFINITIONS; d++) {
        int bits[CROSSBAR_MAX_SLICES];
        report_bits(row, (enum adc_definition)d, slices, bits);
        table_words(table, "%s", row->label);
        table_words(table, "%s", adc_definitions[d].label);
        report_bits_cells(table, bits, slices);
        table_number(table, 4, 100 * clip_rate(row, d, slices, bits));
        cost_cells(table, costs, bits, slices);
    }
}

static void paper_row(struct table *table, const struct costs *costs)
{
    static const int bits[] = {3, 3, 3, 1}; /* B0..B3 */
    table_words(table, "paper (1,3,3,3)");
    table_words(table, "published");
    report_bits_cells(table, bits, 4);
    table_missing(table);
    cost_cells(table, costs, bits, 4);
}

static void adc_notes(struct table *table, int slices, bool has_seeds)
{
    table_note(table,
               "Bits: maximum over layers and signs%s; 0: no ADC, no cost. static: lossless for "
               "every input; observed: lossless on the test set; 99.99 %%, 99.9 %%: hold that "
               "share of all conversions on the test set.",
               has_seeds ? " and, for a run with several seeds, over seeds" : "");
    table_note(table, "clipped: share of conversions on the test set above the range of these "
                      "ADCs, the worst of layers, signs and slices.");
    if (slices == 4)
        table_note(table, "paper: arXiv 1909.08496, its ADC bits; what they save is computed "
                          "here.");
    table_note(
        table,
        "energy of a conversion: one on each slice, with the bits of this row. Table "
        "assignments has the energy of a sample: each layer and sign with bits of its own, as "
        "often as it converts, and no conversions of bitlines that are all zero.");
    report_cost_notes(table, false);
}

static void build(struct table *table, const struct report *report, int slices)
{
    struct costs costs = list_costs();
    bool has_seeds = false;
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "definition", NULL);
    report_slice_columns(table, TABLE_NUMBER, slices, "", "bit");
    table_column(table, TABLE_NUMBER, "clipped", "%");
    cost_columns(table, &costs);
    for (size_t i = 0; i < report->rows; i++)
        if (report->row[i].first->crossbar_slices == slices) {
            adc_rows(table, &costs, &report->row[i]);
            has_seeds |= report->row[i].seeds > 1;
        }
    if (slices == 4)
        paper_row(table, &costs);
    adc_notes(table, slices, has_seeds);
    mem_free(costs.cost);
}

const struct report_table report_table_adc = {
    "adc", "adc_bits", "ADC bits", false, report_slices_of_crossbars, build,
};
