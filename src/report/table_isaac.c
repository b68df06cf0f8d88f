/* The table of what narrower ADCs change in an ISAAC chip (hw/isaac.h). */
#include "hw/adc_cost.h"
#include "hw/isaac.h"
#include "report/tables.h"

enum { BASELINE_BITS = 8, MOST_BITS = 9, SLICES = 4 };

/* Cells of a row for slices with these bits, in equal numbers. */
static void isaac_row(struct table *table, const char *label, const int *bits)
{
    const struct adc_model *model = adc_model_find("isaac");
    double energy = 0, area = 0, conversion_ns = 0, stage_ns = 0;
    uint64_t adcs = 0;
    bool is_extrapolated = false;
    for (int k = 0; k < SLICES; k++) {
        energy += model->energy(bits[k]) / SLICES;
        area += model->area(bits[k]) / SLICES;
        conversion_ns += isaac_conversion_ns(bits[k]) / SLICES;
        const double stage = isaac_stage_ns(bits[k], ISAAC_COLUMNS);
        stage_ns = stage > stage_ns ? stage : stage_ns;
        adcs += isaac_adcs_needed(bits[k], ISAAC_IMA_ARRAYS * ISAAC_TILE_IMAS / SLICES);
        is_extrapolated |= bits[k] < model->lowest_bits;
    }
    const struct isaac_cost factor = {energy / model->energy(BASELINE_BITS),
                                      area / model->area(BASELINE_BITS)};
    const struct isaac_cost tile = isaac_tile(factor), chip = isaac_chip(factor);
    const struct isaac_cost share = isaac_adc_share(factor);
    table_words(table, "%s", label);
    if (is_extrapolated)
        table_mark(table, "*");
    table_number(table, 2, isaac_ima(factor).power_mw);
    table_number(table, 1, tile.power_mw);
    table_number(table, 1, 100 * share.power_mw);
    table_number(table, 3, tile.area_mm2);
    table_number(table, 1, 100 * share.area_mm2);
    table_number(table, 1, 1e-3 * chip.power_mw);
    table_number(table, 1, chip.area_mm2);
    table_number(table, 3, conversion_ns);
    table_number(table, 1, stage_ns);
    table_number(table, 0, (double)adcs);
}

static void build(struct table *table, const struct report *report, int slices)
{
    static const struct {
        const char *name, *unit;
    } column[] = {
        {"IMA power",          "mW" },
        {"tile power",         "mW" },
        {"ADC share of power", "%"  },
        {"tile area",          "mm2"},
        {"ADC share of area",  "%"  },
        {"chip power",         "W"  },
        {"chip area",          "mm2"},
        {"conversion",         "ns" },
        {"stage",              "ns" },
        {"ADCs of a tile",     NULL },
    };
    (void)report, (void)slices;
    table_column(table, TABLE_WORDS, "ADC bits", NULL);
    for (size_t c = 0; c < sizeof column / sizeof *column; c++)
        table_column(table, TABLE_NUMBER, column[c].name, column[c].unit);
    for (int b = MOST_BITS; b > 0; b--) {
        const char label[] = {(char)('0' + b), '\0'};
        isaac_row(table, label, (int[]){b, b, b, b});
    }
    isaac_row(table, "1,3,3,3", (int[]){1, 3, 3, 3});
    table_note(table,
               "Shafiee et al., ISCA 2016, table I, 32 nm; ADC power and area scaled by cost "
               "model isaac; a quarter of the arrays for each slice.");
    table_note(table,
               "stage: the crossbar read of 100 ns, or the conversions of 128 columns by one "
               "ADC; ADCs of a tile: that serve its 96 arrays within 100 ns.");
    table_note(table, "*: extrapolated below the bits that the model was fitted to.");
}

const struct report_table report_table_isaac = {
    "isaac", "isaac", "ISAAC with ADCs of other bits", false, NULL, build,
};
