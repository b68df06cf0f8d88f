/* The table of test accuracy and non-zero slices (arXiv 1909.08496, tables 1 and 2). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/row_cells.h"
#include "report/tables.h"

static double epoch_kept(const struct report_result *result, struct report_pick pick)
{
    (void)pick;
    return (double)result->epoch;
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

static void accuracy_row(struct table *table, const struct report_row *row, bool has_adc)
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
    report_cell(table, row, report_accuracy, all, 100, 2);
    for (int k = first->slices - 1; k >= 0; k--)
        report_cell(table, row, report_nonzero, (struct report_pick){0, k}, 100, 2);
    report_cell(table, row, slice_mean, all, 100, 2);
    report_cell(table, row, slice_std, all, 100, 2);
    if (parent[0])
        table_words(table, "%s", parent);
    else
        table_missing(table);
    report_cell(table, row, epoch_kept, all, 1, row->seeds > 1 ? 1 : 0);
    if (has_adc && first->adc[0])
        table_words(table, "%s", first->adc);
    else if (has_adc)
        table_missing(table);
}

static bool has_adc_in_loop(const struct report *report, int slices)
{
    for (size_t i = 0; i < report->rows; i++)
        if (report->row[i].first->slices == slices && report->row[i].first->adc[0])
            return true;
    return false;
}

static void build(struct table *table, const struct report *report, int slices)
{
    const bool has_adc = has_adc_in_loop(report, slices);
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
    if (has_adc)
        table_column(table, TABLE_WORDS, "ADC in the loop", NULL);
    for (size_t i = 0; i < report->rows; i++) {
        const struct report_row *row = &report->row[i];
        if (row->first->slices != slices)
            continue;
        accuracy_row(table, row, has_adc);
        has_seeds |= row->seeds > 1;
        is_biased |= strcmp(row->first->select, "test") == 0;
    }
    table_note(table,
               "B%d..B0: share of all codes, weights and biases, whose digit in that slice is not "
               "0; B%d is the most significant slice. Mean and std: over the slices (population).",
               slices - 1, slices - 1);
    if (has_adc)
        table_note(table,
                   "ADC in the loop: bits of the ADCs, most significant slice first, through "
                   "which the network was trained and its accuracy measured; not lossless.");
    report_seeds_note(table, has_seeds);
    if (is_biased)
        table_note(table, "selected by test: the epoch was selected on the test set (the papers' "
                          "rule), so that the accuracy is biased upwards.");
}

const struct report_table report_table_accuracy = {
    "accuracy", "accuracy", "Accuracy and non-zero slices", false, report_slices_of_codes, build,
};
