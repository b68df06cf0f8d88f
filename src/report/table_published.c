/* Published figures, each with the runs of its name below it. */
#include <math.h>
#include <string.h>

#include "report/published.h"
#include "report/row_cells.h"
#include "report/tables.h"

/* By the run's name, with or without the variant, and with or without the experiment's. */
static bool is_of_run(const struct report_row *row, const char *name)
{
    const struct report_result *first = row->first;
    const size_t n = strlen(first->experiment);
    if (strncmp(name, first->experiment, n) == 0 && name[n] == '/')
        name += n + 1;
    char without_seed[REPORT_NAME];
    return strcmp(name, first->base) == 0 || strcmp(name, first->run) == 0 ||
           (report_without_seed(first->run, without_seed) && strcmp(name, without_seed) == 0);
}

/* Mean and population standard deviation over the slices, then a difference from the paper's mean. */
static void spread_cells(struct table *table, const double *nonzero, int slices)
{
    double mean = 0.0, squares = 0.0;
    for (int k = 0; k < slices; k++)
        mean += nonzero[k] / slices;
    for (int k = 0; k < slices; k++)
        squares += (nonzero[k] - mean) * (nonzero[k] - mean) / slices;
    table_number(table, 2, slices > 0 ? mean : NAN);
    table_number(table, 2, slices > 0 ? sqrt(squares) : NAN);
}

static void published_cells(struct table *table, const struct published_row *row, int slices)
{
    table_words(table, "%s", row->run);
    table_words(table, "%s", row->paper);
    table_number(table, 2, row->accuracy);
    for (int k = slices - 1; k >= 0; k--)
        table_number(table, 2, row->nonzero[k]);
    spread_cells(table, row->nonzero, slices);
}

static void run_cells(struct table *table, const struct report_row *row, int slices)
{
    double nonzero[BIT_SLICE_MAX] = {0};
    const bool has_slices = row->first->slices == slices;
    table_words(table, "%s", row->label);
    table_words(table, "reslice");
    report_cell(table, row, report_accuracy, (struct report_pick){0, 0}, 100, 2);
    for (int k = slices - 1; k >= 0; k--) {
        if (has_slices)
            report_cell(table, row, report_nonzero, (struct report_pick){0, k}, 100, 2);
        else
            table_missing(table);
        for (const struct report_result *r = row->first; r && has_slices; r = r->next_seed)
            nonzero[k] += 100.0 * r->nonzero[k] / (double)row->seeds;
    }
    spread_cells(table, nonzero, has_slices ? slices : 0);
}

static void build(struct table *table, const struct report *report, int no_slices)
{
    static const struct published none = {0};
    const struct published *published = report->published ? report->published : &none;
    bool has_seeds = false;
    (void)no_slices;
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "source", NULL);
    table_column(table, TABLE_SPREAD, "test accuracy", "%");
    report_slice_columns(table, TABLE_SPREAD, published->slices, "", "%");
    table_column(table, TABLE_NUMBER, "slice mean", "%");
    table_column(table, TABLE_NUMBER, "slice std", "%");
    for (size_t p = 0; p < published->rows; p++) {
        bool is_found = false;
        published_cells(table, &published->row[p], published->slices);
        for (size_t i = 0; i < report->rows; i++)
            if (is_of_run(&report->row[i], published->row[p].run)) {
                run_cells(table, &report->row[i], published->slices);
                has_seeds |= report->row[i].seeds > 1;
                is_found = true;
            }
        if (!is_found)
            table_note(table, "No run %s among the files.", published->row[p].run);
    }
    if (published->rows == 0)
        table_note(table, "No published figures were given: --paper FILE.");
    else
        table_note(table, "Slices: share of digits that are not 0; mean and std over the slices "
                          "(population). Reslice counts all codes, weights and biases.");
    report_seeds_note(table, has_seeds);
}

const struct report_table report_table_published = {
    "published", "published", "Published figures and runs", true, NULL, build,
};
