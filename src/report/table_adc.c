/* The tables about ADCs: bits and savings of each run, cost by bits. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "hw/adc_cost.h"
#include "report/report_data.h"

enum { BASELINE_BITS = 8 };

/* ---- cost columns ---- */

struct cost {
    const struct adc_model *model;
    double (*of)(int bits);
    char name[64];
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
        add_cost(&costs, model[m], model[m]->energy, prefix, "energy");
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
static void cost_cells(struct table *table, const struct costs *costs, const int *bits, int slices,
                       int decimals)
{
    for (size_t c = 0; c < costs->count; c++) {
        const struct cost *cost = &costs->cost[c];
        double sum = 0;
        bool is_marked = false;
        for (int k = 0; k < slices; k++) {
            sum += bits[k] > 0 ? cost->of(bits[k]) : 0; /* a slice without ADC costs nothing */
            is_marked |= is_extrapolated(cost, bits[k]);
        }
        table_number(table, decimals, sum > 0 ? slices * cost->of(BASELINE_BITS) / sum : NAN);
        if (is_marked)
            table_mark(table, "*");
    }
}

static const char *or_none(const char *formula)
{
    return formula ? formula : "none";
}

static void cost_notes(struct table *table, bool all)
{
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    table_note(table, "x: cost of 8-bit ADCs / cost of these; sensing time only: not end-to-end, "
                      "where the crossbar read sets the pace.");
    for (size_t m = 0; m < models; m++)
        if (all || model[m]->is_headline)
            table_note(
                table, "%s: N bits cost energy %s, sensing time %s, area %s; source: %s; %s.",
                model[m]->name, or_none(model[m]->energy_formula), or_none(model[m]->time_formula),
                or_none(model[m]->area_formula), model[m]->source, model[m]->validity);
    table_note(table, "*: extrapolated below the bits that the model was fitted to.");
}

/* ---- ADC bits ---- */

void report_bits(const struct report_row *row, int definition, int slices, int *bits)
{
    for (int k = 0; k < slices; k++) {
        bits[k] = 0;
        for (const struct report_result *r = row->first; r; r = r->next_seed)
            if (r->bits[definition][k] > bits[k])
                bits[k] = r->bits[definition][k];
    }
}

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

static void bits_cells(struct table *table, const int *bits, int slices)
{
    for (int k = slices - 1; k >= 0; k--)
        table_number(table, 0, bits[k]);
}

static void adc_rows(struct table *table, const struct costs *costs, const struct report_row *row)
{
    const int slices = row->first->crossbar_slices;
    for (int d = 0; d < ADC_DEFINITIONS; d++) {
        int bits[CROSSBAR_MAX_SLICES];
        report_bits(row, d, slices, bits);
        table_words(table, "%s", row->label);
        table_words(table, "%s", adc_definitions[d].label);
        bits_cells(table, bits, slices);
        table_number(table, 4, 100 * clip_rate(row, d, slices, bits));
        cost_cells(table, costs, bits, slices, 2);
    }
}

static void paper_row(struct table *table, const struct costs *costs)
{
    static const int bits[] = {3, 3, 3, 1}; /* B0..B3 */
    table_words(table, "paper (1,3,3,3)");
    table_words(table, "published");
    bits_cells(table, bits, 4);
    table_missing(table);
    cost_cells(table, costs, bits, 4, 2);
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
    cost_notes(table, false);
}

struct table *report_adc_table(const struct report *report, int slices, bool is_one_of_many)
{
    struct table *table = report_table("adc_bits", "ADC bits", slices, is_one_of_many);
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
    return table;
}

/* ---- cost by bits ---- */

enum { MIX = 4 };
static const int mix[MIX] = {1, 3, 3, 3}; /* the paper's slices */

static void published_rows(struct table *table)
{
    for (int i = 0; i < ADC_PAPER_ROWS; i++) {
        table_words(table, "published");
        table_words(table, "%s", adc_paper[i].quantity);
        table_missing(table);
        table_words(table, "%s", "");
        for (int bits = 1; bits < BASELINE_BITS; bits++)
            if (bits == 1 || bits == 3)
                table_number(table, 3, bits == 1 ? adc_paper[i].at_1_bit : adc_paper[i].at_3_bits);
            else
                table_missing(table);
        table_missing(table);
    }
}

struct quantity {
    const char *name, *unit;
    double (*of)(int bits);
    bool is_fitted; /* extrapolated below the model's lowest bits */
};

static void quantity_row(struct table *table, const struct adc_model *model,
                         const struct quantity *quantity)
{
    double sum = 0;
    for (int i = 0; i < MIX; i++)
        sum += quantity->of(mix[i]);
    table_words(table, "%s", model->name);
    table_words(table, "%s", quantity->name);
    table_number(table, 3, quantity->of(BASELINE_BITS));
    table_words(table, "%s", quantity->unit);
    for (int bits = 1; bits < BASELINE_BITS; bits++) {
        table_number(table, 3, quantity->of(BASELINE_BITS) / quantity->of(bits));
        if (quantity->is_fitted && bits < model->lowest_bits)
            table_mark(table, "*");
    }
    table_number(table, 3, MIX * quantity->of(BASELINE_BITS) / sum);
    if (quantity->is_fitted && model->lowest_bits > 1)
        table_mark(table, "*");
}

struct table *report_cost_table(void)
{
    struct table *table = table_create("adc_cost", "ADC cost by bits, against 8 bits");
    size_t models;
    const struct adc_model *const *model = adc_models(&models);
    table_column(table, TABLE_WORDS, "model", NULL);
    table_column(table, TABLE_WORDS, "quantity", NULL);
    table_column(table, TABLE_NUMBER, "at 8 bits", NULL);
    table_column(table, TABLE_WORDS, "unit", NULL);
    for (int bits = 1; bits < BASELINE_BITS; bits++) {
        char name[32];
        snprintf(name, sizeof name, "%d bit%s", bits, bits > 1 ? "s" : "");
        table_column(table, TABLE_NUMBER, name, "x");
    }
    table_column(table, TABLE_NUMBER, "1,3,3,3 bits", "x");
    published_rows(table);
    for (size_t m = 0; m < models; m++) {
        const struct quantity quantities[] = {
            {"energy",       model[m]->energy_unit, model[m]->energy, true },
            {"sensing time", model[m]->time_unit,   model[m]->time,   false},
            {"area",         model[m]->area_unit,   model[m]->area,   true },
        };
        for (int q = 0; q < 3; q++)
            if (quantities[q].of)
                quantity_row(table, model[m], &quantities[q]);
    }
    table_note(table, "published: arXiv 1909.08496; its area has no formula. unit 1: only ratios "
                      "have a meaning.");
    cost_notes(table, true);
    return table;
}
