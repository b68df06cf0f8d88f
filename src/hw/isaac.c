#include "hw/isaac.h"

#include <math.h>

static const double READ_NS = 100; /* of a crossbar, one input bit */

/* Table I gives totals for the printed count. */
static const struct isaac_cost ima_adc = {16, 0.0096};

static const struct isaac_cost ima_rest[] = {
    {4,    0.00017}, /* 8 x 128 1-bit DACs */
    {0.01, 0.00004}, /* 8 x 128 sample and hold */
    {2.4,  0.0002 }, /* 8 memristor arrays */
    {0.2,  0.00024}, /* 4 shift and add */
    {1.24, 0.0021 }, /* input register, 2 KB */
    {0.23, 0.00077}, /* output register, 256 B */
};

static const struct isaac_cost tile_rest[] = {
    {20.7,     0.083    }, /* eDRAM buffer, 64 KB */
    {7,        0.090    }, /* bus from there to the IMAs */
    {42.0 / 4, 0.151 / 4}, /* router, shared by 4 tiles */
    {0.52,     0.0006   }, /* 2 sigmoid units */
    {0.05,     0.00006  }, /* shift and add */
    {0.4,      0.00024  }, /* max pooling */
    {1.68,     0.0032   }, /* output register, 3 KB */
};

static const struct isaac_cost hyper_transport = {10400, 22.88};

static struct isaac_cost sum_of(const struct isaac_cost *part, size_t n)
{
    struct isaac_cost sum = {0, 0};
    for (size_t i = 0; i < n; i++) {
        sum.power_mw += part[i].power_mw;
        sum.area_mm2 += part[i].area_mm2;
    }
    return sum;
}

/* a x + y, part by part. */
static struct isaac_cost add(double a, struct isaac_cost x, struct isaac_cost y)
{
    return (struct isaac_cost){a * x.power_mw + y.power_mw, a * x.area_mm2 + y.area_mm2};
}

static struct isaac_cost adcs_of_ima(struct isaac_cost factor)
{
    return (struct isaac_cost){factor.power_mw * ima_adc.power_mw,
                               factor.area_mm2 * ima_adc.area_mm2};
}

struct isaac_cost isaac_ima(struct isaac_cost factor)
{
    return add(1, adcs_of_ima(factor), sum_of(ima_rest, sizeof ima_rest / sizeof *ima_rest));
}

struct isaac_cost isaac_tile(struct isaac_cost factor)
{
    return add(ISAAC_TILE_IMAS, isaac_ima(factor),
               sum_of(tile_rest, sizeof tile_rest / sizeof *tile_rest));
}

struct isaac_cost isaac_chip(struct isaac_cost factor)
{
    return add(ISAAC_CHIP_TILES, isaac_tile(factor), hyper_transport);
}

struct isaac_cost isaac_adc_share(struct isaac_cost factor)
{
    const struct isaac_cost adcs = adcs_of_ima(factor), tile = isaac_tile(factor);
    return (struct isaac_cost){ISAAC_TILE_IMAS * adcs.power_mw / tile.power_mw,
                               ISAAC_TILE_IMAS * adcs.area_mm2 / tile.area_mm2};
}

double isaac_conversion_ns(int bits)
{
    return READ_NS / ISAAC_COLUMNS * bits / 8;
}

double isaac_stage_ns(int bits, int columns)
{
    return fmax(READ_NS, columns * isaac_conversion_ns(bits));
}

uint64_t isaac_adcs_needed(int bits, uint64_t arrays)
{
    return (arrays * (uint64_t)bits + 7) / 8; /* arrays * 128 * conversion / 100 ns, rounded up */
}
