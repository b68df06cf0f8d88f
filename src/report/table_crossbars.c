/* The table of crossbars: how many arrays a network takes, and how full they are. */
#include <stdio.h>

#include "report/row_cells.h"
#include "report/tables.h"

/* A pick with layer == layers means all of them. */
static bool is_picked(const struct report_result *result, struct report_pick pick, size_t layer)
{
    return pick.layer == layer || pick.layer == result->layers;
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
        table_number(table, 0, report_arrays(first, (struct report_pick){l, 0}));
        table_number(table, 2, 100 * utilisation(first, (struct report_pick){l, 0}));
        for (int k = first->crossbar_slices - 1; k >= 0; k--)
            report_cell(table, row, zero_columns, (struct report_pick){l, k}, 100, 2);
    }
}

static void build(struct table *table, const struct report *report, int slices)
{
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
    report_seeds_note(table, has_seeds);
}

const struct report_table report_table_crossbars = {
    "crossbars", "crossbars", "Crossbars", false, report_slices_of_crossbars, build,
};
