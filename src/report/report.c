#include "report/report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/names.h"
#include "report/report_data.h"

/* ---- accuracy and slices ---- */

static double test_accuracy(const struct report_result *result, struct report_pick pick)
{
    (void)pick;
    return result->accuracy;
}

static double epoch_kept(const struct report_result *result, struct report_pick pick)
{
    (void)pick;
    return (double)result->epoch;
}

static double nonzero(const struct report_result *result, struct report_pick pick)
{
    return result->nonzero[pick.slice];
}

static double slice_mean(const struct report_result *result, struct report_pick pick)
{
    double sum = 0;
    (void)pick;
    for (int k = 0; k < result->slices; k++)
        sum += result->nonzero[k];
    return sum / result->slices;
}

static double slice_std(const struct report_result *result, struct report_pick pick)
{
    const double mean = slice_mean(result, pick);
    double squares = 0;
    for (int k = 0; k < result->slices; k++)
        squares += (result->nonzero[k] - mean) * (result->nonzero[k] - mean);
    return sqrt(squares / result->slices);
}

static void accuracy_row(struct table *table, const struct report_row *row)
{
    static const struct report_pick all = {0, 0};
    const struct report_result *first = row->first;
    char parent[REPORT_NAME];
    if (row->seeds == 1)
        snprintf(parent, sizeof parent, "%s", first->parent);
    else
        report_without_seed(first->parent, parent);
    table_words(table, "%s", row->label);
    table_words(table, "%s%s", first->select, first->select_sparsity ? " + sparsity" : "");
    table_number(table, 0, (double)row->seeds);
    report_cell(table, row, test_accuracy, all, 100, 2);
    for (int k = first->slices - 1; k >= 0; k--)
        report_cell(table, row, nonzero, (struct report_pick){0, k}, 100, 2);
    report_cell(table, row, slice_mean, all, 100, 2);
    report_cell(table, row, slice_std, all, 100, 2);
    if (parent[0])
        table_words(table, "%s", parent);
    else
        table_missing(table);
    report_cell(table, row, epoch_kept, all, 1, row->seeds > 1 ? 1 : 0);
}

static struct table *accuracy_table(const struct report *report, int slices, bool is_one_of_many)
{
    struct table *table =
        report_table("accuracy", "Accuracy and non-zero slices", slices, is_one_of_many);
    bool has_seeds = false, is_biased = false;
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "selected by", NULL);
    table_column(table, TABLE_NUMBER, "seeds", NULL);
    table_column(table, TABLE_SPREAD, "test accuracy", "%");
    report_slice_columns(table, TABLE_SPREAD, slices, "", "%");
    table_column(table, TABLE_SPREAD, "slice mean", "%");
    table_column(table, TABLE_SPREAD, "slice std", "%");
    table_column(table, TABLE_WORDS, "parent", NULL);
    table_column(table, TABLE_SPREAD, "epoch kept", NULL);
    for (size_t i = 0; i < report->rows; i++) {
        const struct report_row *row = &report->row[i];
        if (row->first->slices != slices)
            continue;
        accuracy_row(table, row);
        has_seeds |= row->seeds > 1;
        is_biased |= strcmp(row->first->select, "test") == 0;
    }
    table_note(table,
               "B%d..B0: share of all codes, weights and biases, whose digit in that slice is not "
               "0; B%d is the most significant slice. Mean and std: over the slices (population).",
               slices - 1, slices - 1);
    if (has_seeds)
        table_note(table, "±: sample standard deviation over the seeds.");
    if (is_biased)
        table_note(table, "selected by test: the epoch was selected on the test set (the papers' "
                          "rule), so that the accuracy is biased upwards.");
    return table;
}

/* ---- crossbars ---- */

/* A pick with layer == layers means all of them. */
static bool is_picked(const struct report_result *result, struct report_pick pick, size_t layer)
{
    return pick.layer == layer || pick.layer == result->layers;
}

static double arrays(const struct report_result *result, struct report_pick pick)
{
    double sum = 0;
    for (size_t l = 0; l < result->layers; l++)
        if (is_picked(result, pick, l))
            sum += (double)result->layer[l].arrays;
    return sum;
}

/* Cells that hold weights over cells of the arrays, in one slice and sign. */
static double utilisation(const struct report_result *result, struct report_pick pick)
{
    double used = 0, all = 0;
    for (size_t l = 0; l < result->layers; l++) {
        const struct report_layer *layer = &result->layer[l];
        if (!is_picked(result, pick, l))
            continue;
        used += (double)layer->inputs * (double)layer->outputs;
        all += (double)(layer->row_tiles * result->rows) *
               (double)(layer->column_tiles * result->columns);
    }
    return used / all;
}

static double zero_columns(const struct report_result *result, struct report_pick pick)
{
    double zero = 0, all = 0;
    for (size_t l = 0; l < result->layers; l++) {
        const struct report_layer *layer = &result->layer[l];
        if (!is_picked(result, pick, l))
            continue;
        zero += (double)layer->zero[pick.slice];
        all += (double)layer->row_tiles * (double)layer->outputs * CROSSBAR_SIGNS;
    }
    return zero / all;
}

static void crossbar_rows(struct table *table, const struct report_row *row)
{
    const struct report_result *first = row->first;
    const size_t last = first->layers > 1 ? first->layers : 0; /* the sum of one layer is itself */
    for (size_t l = 0; l <= last; l++) {
        table_words(table, "%s", row->label);
        table_words(table, "%s", l < first->layers ? first->layer[l].name : "all");
        table_words(table, "%lldx%lld", (long long)first->rows, (long long)first->columns);
        table_number(table, 0, arrays(first, (struct report_pick){l, 0}));
        table_number(table, 2, 100 * utilisation(first, (struct report_pick){l, 0}));
        for (int k = first->crossbar_slices - 1; k >= 0; k--)
            report_cell(table, row, zero_columns, (struct report_pick){l, k}, 100, 2);
    }
}

static struct table *crossbar_table(const struct report *report, int slices, bool is_one_of_many)
{
    struct table *table = report_table("crossbars", "Crossbars", slices, is_one_of_many);
    bool has_seeds = false;
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "layer", NULL);
    table_column(table, TABLE_WORDS, "array", "cells");
    table_column(table, TABLE_NUMBER, "arrays", NULL);
    table_column(table, TABLE_NUMBER, "utilisation", "%");
    report_slice_columns(table, TABLE_SPREAD, slices, " zero columns", "%");
    for (size_t i = 0; i < report->rows; i++)
        if (report->row[i].first->crossbar_slices == slices) {
            crossbar_rows(table, &report->row[i]);
            has_seeds |= report->row[i].seeds > 1;
        }
    table_note(table, "array: rows x columns of one array; arrays: over all slices and both "
                      "signs; utilisation: cells that hold weights / cells of the arrays of one "
                      "slice and sign.");
    table_note(table, "zero columns: bitlines whose cells are all 0, both signs together; they "
                      "need no conversion.");
    if (has_seeds)
        table_note(table, "±: sample standard deviation over the seeds.");
    return table;
}

/* ---- all ---- */

typedef struct table *(*table_maker)(const struct report *report, int slices, bool is_one_of_many);

static void put_and_free(struct table *table, enum table_format format, FILE *out)
{
    table_print(table, format, out);
    table_destroy(table);
}

/* One table for each number of slices that occurs; 0 slices: nothing to say. */
static void put_by_slices(const struct report *report, enum table_format format,
                          int (*slices_of)(const struct report_result *), table_maker make,
                          FILE *out)
{
    bool occurs[BIT_SLICE_MAX + 1] = {false};
    int tables = 0;
    for (size_t i = 0; i < report->rows; i++)
        occurs[slices_of(report->row[i].first)] = true;
    for (int s = 1; s <= BIT_SLICE_MAX; s++)
        tables += occurs[s];
    for (int s = BIT_SLICE_MAX; s > 0; s--)
        if (occurs[s])
            put_and_free(make(report, s, tables > 1), format, out);
}

static int slices_of_codes(const struct report_result *result)
{
    return result->slices;
}

static int slices_of_crossbars(const struct report_result *result)
{
    return result->crossbar_slices;
}

/* 0 for files without assignments. */
static int slices_of_assignments(const struct report_result *result)
{
    return result->assignments > 0 ? result->crossbar_slices : 0;
}

/* Tables in the order in which they are printed: of results by their number of slices, or of the cost
 * models alone. */
static const struct {
    const char *name;
    bool on_request; /* not among those of a report that names none */
    int (*slices_of)(const struct report_result *result);
    table_maker make;
    struct table *(*make_alone)(void);
} tables[] = {
    {"accuracy",    false, slices_of_codes,       accuracy_table,          NULL              },
    {"adc",         false, slices_of_crossbars,   report_adc_table,        NULL              },
    {"cost",        false, NULL,                  NULL,                    report_cost_table },
    {"assignments", false, slices_of_assignments, report_assignment_table, NULL              },
    {"savings",     false, slices_of_assignments, report_saving_table,     NULL              },
    {"sweep",       false, slices_of_assignments, report_sweep_table,      NULL              },
    {"isaac",       false, NULL,                  NULL,                    report_isaac_table},
    {"crossbars",   false, slices_of_crossbars,   crossbar_table,          NULL              },
    {"rivals",      true,  slices_of_codes,       report_rivals_table,     NULL              },
};

enum { TABLES = sizeof tables / sizeof tables[0] };

unsigned report_table_find(const char *name)
{
    for (int t = 0; t < TABLES; t++)
        if (strcmp(tables[t].name, name) == 0)
            return 1u << t;
    return 0;
}

const char *report_table_names(void)
{
    static char names[128];
    names[0] = '\0';
    for (int t = 0; t < TABLES; t++)
        names_append(names, sizeof names, tables[t].name);
    return names;
}

void report_put_tables(const struct report *report, unsigned wanted, enum table_format format,
                       FILE *out)
{
    for (int t = 0; t < TABLES; t++) {
        if (wanted ? !(wanted & 1u << t) : tables[t].on_request)
            continue;
        if (tables[t].make_alone)
            put_and_free(tables[t].make_alone(), format, out);
        else
            put_by_slices(report, format, tables[t].slices_of, tables[t].make, out);
    }
}

bool report_print(const char *const *file, size_t files, unsigned wanted, enum table_format format,
                  struct error *err)
{
    struct report report;
    const bool fine = report_load(&report, file, files, err);
    if (fine) {
        report_put_tables(&report, wanted, format, stdout);
        if (fflush(stdout) != 0 || ferror(stdout))
            log_fatal("standard output: %s", strerror(errno));
    }
    report_free(&report);
    return fine;
}
