/* ReRAM cells that are not ideal, and bitline currents through them.
 *
 * A cell of level l (0 .. L = 2^cell_bits - 1) has the conductance G = Gmin + l dG with dG =
 * (Gmax - Gmin) / L. All is in units of one level, G / dG: off cells leak Gmin / dG = L / (r -
 * 1) with the on/off ratio r = Gmax / Gmin. Programming draws each cell once for a device seed;
 * reading draws noise anew for every conversion. Random numbers are pure functions of (seed,
 * layer, tile, slice, sign, row, column, and for noise the input vector, pass and bit): any
 * division of the work gives the same ones. Levels and currents are integers in units of
 * 2^-READOUT_FRACTION, so sums do not depend on their order, and without deviations they are the
 * ideal currents exactly.
 *
 * Cells of bitlines whose cells are all 0 are not read, here as in hw/crossbar.h.
 */
#ifndef RESLICE_HW_DEVICE_H
#define RESLICE_HW_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/readout.h"

/* Programmed conductance instead of the wanted G:
 *     relative    G (1 + sigma z)
 *     lognormal   G exp(sigma z)
 *     milo        G + sigma(G) z, sigma = max(4.782 - 0.009107 G, 0) uS, G in 50..225 uS
 *                 (Milo et al., IRPS 2021, fit as in CrossSim)
 *     wan         G + sigma(G) z, sigma = 1.536e-4 G^3 - 1.167e-2 G^2 + 0.2374 G + 1.053 uS,
 *                 G in 0..39 uS (Wan et al., Nature 2022, fit as in CrossSim)
 * with z standard normal. For the fits the levels spread over their range of conductances, and
 * `sigma` scales the deviation (1: as published). Conductances below 0 become 0. */
enum device_variation {
    DEVICE_NONE,
    DEVICE_RELATIVE,
    DEVICE_LOGNORMAL,
    DEVICE_MILO,
    DEVICE_WAN,
    DEVICE_VARIATIONS
};

/* What is done about leakage:
 *     none        nothing
 *     digital     (active rows) Gmin / dG is subtracted behind the converter, which may have clipped
 *     reference   a reference column is subtracted in front of it
 * Analog subtraction of signs (readout.h) cancels it too. */
enum device_leakage { LEAKAGE_NONE, LEAKAGE_DIGITAL, LEAKAGE_REFERENCE, LEAKAGE_OPTIONS };

struct device {
    enum device_variation variation;
    double sigma;
    double on_off; /* Gmax / Gmin; 0: infinite */
    double stuck_hrs,
        stuck_lrs;     /* share of cells at level 0, and at level L, whatever is written */
    double read_noise; /* deviation of an active cell at each read, in levels */
    double wire;       /* resistance of a cell pitch times dG; 0: none. See device_multiply */
    enum device_leakage leakage;
    uint64_t seed;
};

/* The names of enum device_variation, "none, relative, …"; a static text, always the same. Not
 * collective. */
const char *device_variation_names(void);

/* *variation of a name; false when there is none of that name. Not collective. */
bool device_variation_find(const char *name, enum device_variation *variation);

/* The names of enum device_leakage, "none, digital, …"; a static text, always the same. Not
 * collective. */
const char *device_leakage_names(void);

/* *leakage of a name; false when there is none of that name. Not collective. */
bool device_leakage_find(const char *name, enum device_leakage *leakage);

/* A mapped layer whose cells have been programmed. */
struct device_array;

/* Draws the cells of a layer (numbered `layer` in its network). The crossbar is not owned and must
 * outlive the array, which the caller gives back with device_free. Not collective. */
struct device_array *device_program(const struct crossbar *crossbar, const struct device *device,
                                    uint32_t layer);

/* Gives an array back, but not its crossbar. Not collective. */
void device_free(struct device_array *array);

/* Level of one programmed cell, in units of 2^-READOUT_FRACTION; `active` counts the columns
 * that are not all 0. For tests. Not collective. */
int32_t device_cell(const struct device_array *array, size_t row_tile, int slice, int sign,
                    size_t row, size_t active);

/* readout_multiply through programmed cells; `first_vector` numbers the first input vector in its
 * layer and data set, for the read noise.
 *
 * Wires, to first order in the resistance: row i (1 at the sense end) sees the voltage that the
 * currents I_m of all rows m leave of it, so that with w = wire
 *     S' = sum_i I_i - w sum_{i,m} min(i, m) I_i I_m = sum_i I_i - w sum_k (sum_{i>=k} I_i)^2.
 * Not collective. */
void device_multiply(const struct device_array *array, const struct readout *readout,
                     const int16_t *input, size_t n, size_t stride, int passes,
                     uint64_t first_vector, int64_t *output);

#endif
