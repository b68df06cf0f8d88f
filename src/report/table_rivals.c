/* The methods on one page: accuracy, what each method says it saves, and what all of them leave of the
 * same crossbars. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hw/adc_cost.h"
#include "method/metrics.h"
#include "report/adc_costs.h"
#include "report/row_cells.h"
#include "report/tables.h"

enum { WORDS = 320 };

/* ---- numbers of a whole network ---- */

/* What the layers add up to; the arrays of layers that are not circulant are the dense ones. */
struct sum {
    double weights, nonzero, data_bits, stored_bits;
    double dense_arrays, block_arrays, passes; /* passes: the most of a layer */
    double decomposed, decomposed_bits;        /* smartdeal: weights, and bits of their pieces */
    double coefficients, coefficients_nonzero;
    double groups, groups_alive, group_cost; /* group_cost: groups / compression */
    double value_bits;                       /* on average, of weights that are not 0 */
    double limited_nonzero;                  /* most in a column of a layer with a limit */
    double digits, digits_nonzero;           /* of layers with a budget of digits */
    double ternary_nonzero;                  /* most of one sign in a column of a ternary layer */
    bool has_grid, has_blocks, is_ternary, has_limit;
};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void add_layer(struct sum *sum, const struct method_layer *m)
{
    sum->weights += (double)m->weights;
    sum->nonzero += (double)m->nonzero;
    sum->data_bits += (double)m->data_bits;
    sum->stored_bits += (double)m->stored_bits;
    sum->value_bits += (double)(m->nonzero * m->value_bits);
    sum->dense_arrays += (double)m->dense_arrays;
    sum->block_arrays += (double)m->block_arrays;
    sum->passes = larger(sum->passes, (double)m->passes);
    if (m->pieces > 0) {
        sum->decomposed += (double)m->weights;
        sum->decomposed_bits += (double)m->stored_bits;
    }
    sum->coefficients += (double)m->coefficients;
    sum->coefficients_nonzero += (double)m->coefficients_nonzero;
    sum->groups += (double)m->groups;
    sum->groups_alive += (double)m->groups_alive;
    if (m->group_compression > 0.0)
        sum->group_cost += (double)m->groups / m->group_compression;
    if (m->column_limit > 0)
        sum->limited_nonzero = larger(sum->limited_nonzero, (double)m->column_nonzero);
    if (m->is_ternary) {
        sum->ternary_nonzero = larger(sum->ternary_nonzero, (double)m->column_positive);
        sum->ternary_nonzero = larger(sum->ternary_nonzero, (double)m->column_negative);
    }
    if (m->digits_asked > 0.0) {
        sum->digits += (double)m->digits;
        sum->digits_nonzero += (double)m->digits_nonzero;
    }
    sum->has_limit |= m->column_limit > 0;
    sum->has_grid |= m->grid_bits > 0;
    sum->has_blocks |= m->block > 0;
    sum->is_ternary |= m->is_ternary > 0;
}

/* What a file does not count is unknown (NaN), or not said of the method. */
static void forget_unknown(struct sum *sum, const struct method_layer *known)
{
    sum->weights = known->weights ? sum->weights : NAN;
    sum->nonzero = known->nonzero ? sum->nonzero : NAN;
    sum->data_bits = known->data_bits ? sum->data_bits : NAN;
    sum->stored_bits = known->stored_bits ? sum->stored_bits : NAN;
    sum->has_limit &= known->column_nonzero != 0;
    sum->has_blocks &= known->block_arrays && known->dense_arrays && known->passes;
    sum->is_ternary &= known->column_positive && known->column_negative;
    sum->has_grid &= known->value_bits && known->nonzero && known->weights && known->data_bits &&
                     known->stored_bits;
    if (!known->weights || !known->stored_bits || !known->coefficients ||
        !known->coefficients_nonzero)
        sum->decomposed = 0;
    if (!known->digits || !known->digits_nonzero)
        sum->digits = 0;
    if (!known->groups_alive || known->group_compression == 0.0)
        sum->groups = 0;
}

static struct sum sum_of(const struct report_result *result)
{
    struct sum sum = {0};
    for (size_t l = 0; l < result->method_layers; l++)
        add_layer(&sum, &result->method_layer[l]);
    forget_unknown(&sum, &result->method_known);
    return sum;
}

/* ---- what each method says of itself ---- */

struct words {
    char text[WORDS];
};

__attribute__((format(printf, 2, 3))) static void say(struct words *words, const char *format, ...)
{
    const size_t used = strlen(words->text);
    va_list args;
    if (used > 0)
        snprintf(words->text + used, sizeof words->text - used, "; ");
    const size_t begin = strlen(words->text);
    va_start(args, format);
    vsnprintf(words->text + begin, sizeof words->text - begin, format, args);
    va_end(args);
}

static struct words natural_metric(const struct sum *sum, int cell_bits)
{
    struct words words = {""};
    if (sum->nonzero == 0.0) {
        say(&words, "every weight is 0");
        return words;
    }
    if (sum->has_limit)
        say(&words, "%.0f weights a column: %d bits", sum->limited_nonzero,
            metrics_lossless_bits((size_t)sum->limited_nonzero, cell_bits));
    if (sum->has_blocks)
        say(&words, "%.0f arrays of %.0f, %.0f passes", sum->block_arrays, sum->dense_arrays,
            sum->passes);
    if (sum->decomposed > 0.0)
        say(&words, "%.1fx storage, %.0f %% zero coefficients",
            32.0 * sum->decomposed / sum->decomposed_bits,
            100.0 * (1.0 - sum->coefficients_nonzero / sum->coefficients));
    if (sum->is_ternary)
        say(&words, "%d ADC bits with 1-bit cells",
            metrics_lossless_bits((size_t)sum->ternary_nonzero, 1));
    if (sum->groups > 0.0)
        say(&words, "group density %.2f, %.1fx PE-wise", sum->groups_alive / sum->groups,
            sum->group_cost > 0.0 ? sum->groups / sum->group_cost : 0.0);
    if (sum->digits > 0.0)
        say(&words, "%.2f %% of the slices", 100.0 * sum->digits_nonzero / sum->digits);
    if (sum->has_grid)
        say(&words, "%.2f bits a weight, %.0fx data, %.0fx with indices",
            sum->value_bits / sum->nonzero, 32.0 * sum->weights / sum->data_bits,
            32.0 * sum->weights / sum->stored_bits);
    if ((words.text[0] == '\0' || sum->has_grid) && isfinite(sum->weights / sum->nonzero))
        say(&words, "%.1fx fewer weights", sum->weights / sum->nonzero);
    return words;
}

/* ---- print ---- */

/* "1,3,3,3", the most significant slice first. */
static void bits_cell(struct table *table, const int *bits, int slices)
{
    char text[CROSSBAR_MAX_SLICES * 4 + 1] = "";
    for (int k = slices - 1; k >= 0; k--) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%d", used ? "," : "", bits[k]);
    }
    table_words(table, "%s", text);
}

static void method_cells(struct table *table, const struct report_result *result)
{
    const struct sum sum = sum_of(result);
    if (result->method_layers == 0) {
        for (int i = 0; i < 5; i++)
            table_missing(table);
        return;
    }
    const struct words words = natural_metric(&sum, result->cell_bits);
    if (words.text[0])
        table_words(table, "%s", words.text);
    else
        table_missing(table);
    table_number(table, 0, sum.nonzero);
    table_number(table, 2, sum.data_bits / 8e3);
    table_number(table, 2, sum.stored_bits / 8e3);
    table_number(table, 1, sum.stored_bits > 0.0 ? 32.0 * sum.weights / sum.stored_bits : NAN);
}

/* Of lossless ADCs, for each model. */
static void energy_cells(struct table *table, const int *bits, int slices)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    for (size_t m = 0; m < models; m++)
        if (model[m]->energy)
            table_number(table, 2, report_cost_ratio(model[m]->energy, bits, slices));
}

static void hardware_cells(struct table *table, const struct report_row *row)
{
    const struct report_result *first = row->first;
    const struct report_assignment *chosen = report_provisioned(first);
    const int slices = first->crossbar_slices;
    if (slices == 0)
        table_missing(table);
    else
        report_cell(table, row, report_arrays, (struct report_pick){first->layers, 0}, 1, 0);
    int bits[ADC_OBSERVED + 1][CROSSBAR_MAX_SLICES];
    for (int d = ADC_STATIC; d <= ADC_OBSERVED; d++) {
        report_bits(row, (enum adc_definition)d, slices, bits[d]);
        if (slices == 0)
            table_missing(table);
        else
            bits_cell(table, bits[d], slices);
    }
    if (chosen) {
        bits_cell(table, chosen->bits, slices);
        table_number(table, 2, 100 * chosen->test);
    } else {
        table_missing(table);
        table_missing(table);
    }
    energy_cells(table, bits[ADC_STATIC], slices);
}

static void columns(struct table *table, int slices)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    table_column(table, TABLE_WORDS, "run", NULL);
    table_column(table, TABLE_WORDS, "method", NULL);
    table_column(table, TABLE_SPREAD, "test accuracy", "%");
    table_column(table, TABLE_WORDS, "its own metric", NULL);
    table_column(table, TABLE_NUMBER, "weights", NULL);
    table_column(table, TABLE_NUMBER, "data", "kB");
    table_column(table, TABLE_NUMBER, "with indices", "kB");
    table_column(table, TABLE_NUMBER, "storage", "x");
    report_slice_columns(table, TABLE_SPREAD, slices, "", "%");
    table_column(table, TABLE_SPREAD, "arrays", NULL);
    table_column(table, TABLE_WORDS, "static ADC", "bit");
    table_column(table, TABLE_WORDS, "observed ADC", "bit");
    table_column(table, TABLE_WORDS, "provisioned ADC", "bit");
    table_column(table, TABLE_NUMBER, "accuracy with these", "%");
    for (size_t m = 0; m < models; m++)
        if (model[m]->energy) {
            char name[96];
            snprintf(name, sizeof name, "%s energy of a conversion", model[m]->name);
            table_column(table, TABLE_NUMBER, name, "x");
        }
}

static void notes(struct table *table, int slices, bool has_seeds)
{
    table_note(
        table,
        "its own metric: as the method counts it; weights a column, ADC bits, groups, pieces and slices "
        "of the layers it was used on, all else of all layers. weights: not 0 on the crossbars. "
        "data: bits of the weights as the method stores them; with indices: of those that are "
        "not 0, or all of them where that takes less; storage: 32 bits for "
        "each weight over that.");
    table_note(table,
               "B%d..B0: share of all codes whose digit in that slice is not 0. arrays: over all "
               "slices and both signs, one weight a cell.",
               slices - 1);
    table_note(
        table,
        "ADC bits B%d..B0, the widest of layers and signs. static: lossless for every input; "
        "observed: on the test set; provisioned: what reslice crossbar found for the accuracy "
        "it was asked for.",
        slices - 1);
    table_note(table,
               "energy of a conversion: of one on each slice with 8-bit ADCs over the same with "
               "the static bits, by cost model (report --table cost says where each holds).");
    if (has_seeds)
        table_note(table,
                   "A run with several seeds: ±: sample standard deviation; ADC bits that are "
                   "enough for every seed; its own metric, weights, data, storage and "
                   "provisioned ADCs are the first seed's.");
}

static void build(struct table *table, const struct report *report, int slices)
{
    columns(table, slices);
    bool has_seeds = false;
    for (size_t i = 0; i < report->rows; i++) {
        const struct report_row *row = &report->row[i];
        if (row->first->slices != slices)
            continue;
        has_seeds |= row->seeds > 1;
        table_words(table, "%s", row->label);
        if (row->first->method[0])
            table_words(table, "%s", row->first->method);
        else
            table_missing(table);
        report_cell(table, row, report_accuracy, (struct report_pick){0, 0}, 100, 2);
        method_cells(table, row->first);
        for (int k = slices - 1; k >= 0; k--)
            report_cell(table, row, report_nonzero, (struct report_pick){0, k}, 100, 2);
        hardware_cells(table, row);
    }
    notes(table, slices, has_seeds);
}

const struct report_table report_table_rivals = {
    "rivals", "rivals", "Methods", true, report_slices_of_codes, build,
};
