#include "report/row_cells.h"

#include <math.h>
#include <stdio.h>

void report_cell(struct table *table, const struct report_row *row, report_value value,
                 struct report_pick pick, double scale, int decimals)
{
    const double n = (double)row->seeds;
    double sum = 0, squares = 0;
    for (const struct report_result *r = row->first; r; r = r->next_seed)
        sum += scale * value(r, pick);
    const double mean = sum / n;
    for (const struct report_result *r = row->first; r; r = r->next_seed) {
        const double distance = scale * value(r, pick) - mean;
        squares += distance * distance;
    }
    table_spread(table, decimals, mean, row->seeds > 1 ? sqrt(squares / (n - 1)) : NAN);
}

double report_accuracy(const struct report_result *result, struct report_pick pick)
{
    (void)pick;
    return result->accuracy;
}

double report_nonzero(const struct report_result *result, struct report_pick pick)
{
    return result->nonzero[pick.slice];
}

double report_arrays(const struct report_result *result, struct report_pick pick)
{
    double sum = 0;
    for (size_t l = 0; l < result->layers; l++)
        if (pick.layer == l || pick.layer == result->layers)
            sum += (double)result->layer[l].arrays;
    return sum;
}

void report_bits(const struct report_row *row, enum adc_definition definition, int slices,
                 int *bits)
{
    for (int k = 0; k < slices; k++) {
        bits[k] = 0;
        for (const struct report_result *r = row->first; r; r = r->next_seed)
            if (r->bits[definition][k] > bits[k])
                bits[k] = r->bits[definition][k];
    }
}

void report_slice_columns(struct table *table, enum table_kind kind, int slices, const char *suffix,
                          const char *unit)
{
    for (int k = slices - 1; k >= 0; k--) {
        char name[32];
        snprintf(name, sizeof name, "B%d%s", k, suffix);
        table_column(table, kind, name, unit);
    }
}

void report_bits_cells(struct table *table, const int *bits, int slices)
{
    for (int k = slices - 1; k >= 0; k--)
        table_number(table, 0, bits[k]);
}

void report_seeds_note(struct table *table, bool has_seeds)
{
    if (has_seeds)
        table_note(table, "±: sample standard deviation over the seeds.");
}
