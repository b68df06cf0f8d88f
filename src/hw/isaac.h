/* The ISAAC accelerator (Shafiee et al., ISCA 2016, table I as corrected 2016-10-05; 32 nm): power
 * and area of its parts, and what narrower converters change in them. A modelling study, never built.
 *
 * 8 arrays of 128 x 128 2-bit cells and 8 converters make an IMA, 12 IMAs a tile, 168 tiles a chip.
 * `adc_factor` scales power (or area) of the converters: 1 is ISAAC's 8 bits. */
#ifndef RESLICE_HW_ISAAC_H
#define RESLICE_HW_ISAAC_H

#include <stddef.h>
#include <stdint.h>

enum { ISAAC_COLUMNS = 128, ISAAC_IMA_ARRAYS = 8, ISAAC_TILE_IMAS = 12, ISAAC_CHIP_TILES = 168 };

struct isaac_cost {
    double power_mw, area_mm2;
};

/* An IMA: 24.08 mW at factors of 1. Not collective. */
struct isaac_cost isaac_ima(struct isaac_cost adc_factor);

/* A tile: 330 mW at factors of 1. Not collective. */
struct isaac_cost isaac_tile(struct isaac_cost adc_factor);

/* A chip: 65.8 W at factors of 1. Not collective. */
struct isaac_cost isaac_chip(struct isaac_cost adc_factor);

/* Share of the converters in a tile's power and area: 58.2 % and 31 % at factors of 1.
 * Not collective. */
struct isaac_cost isaac_adc_share(struct isaac_cost adc_factor);

/* Time of a conversion, ns: 100 ns / 128 columns at 8 bits, linear in the bits. Not collective. */
double isaac_conversion_ns(int bits);

/* Time of a pipeline stage when a converter serves `columns` bitlines: the crossbar read of 100 ns or
 * the conversions, whatever is longer. Not collective. */
double isaac_stage_ns(int bits, int columns);

/* Converters that serve `arrays` arrays of 128 columns within a stage of 100 ns. Not collective. */
uint64_t isaac_adcs_needed(int bits, uint64_t arrays);

#endif
