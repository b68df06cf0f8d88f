/* The table of what ADCs cost by their bits, by every cost model. */
#include "hw/adc_cost.h"
#include "report/adc_costs.h"
#include "report/tables.h"

enum { BASELINE_BITS = ADC_COSTS_BASELINE_BITS };

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

static void build(struct table *table, const struct report *report, int slices)
{
    (void)report, (void)slices;
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
    report_cost_notes(table, true);
}

const struct report_table report_table_cost = {
    "cost", "adc_cost", "ADC cost by bits, against 8 bits", false, NULL, build,
};
