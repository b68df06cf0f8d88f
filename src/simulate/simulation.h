/* A network's weight layers on crossbars, and their bitline currents over a data set. */
#ifndef RESLICE_SIMULATE_SIMULATION_H
#define RESLICE_SIMULATE_SIMULATION_H

#include <stdint.h>

#include "hw/readout.h"
#include "nn/network.h"

struct simulated_layer {
    char name[32];
    int op;          /* index in the network */
    int passes;      /* 2 for layers with signed inputs */
    size_t pixels;   /* input vectors of a sample: 1, or the pixels of a convolution's output */
    size_t samples;  /* gathered at once */
    int16_t *vector; /* [samples, pixels, inputs] scratch */
    struct crossbar crossbar;
    /* Bitlines in all row tiles that are read: those with a cell that is not 0, with analog
     * subtraction on either sign (and then only for the positive sign). */
    uint64_t bitlines[CROSSBAR_SIGNS][CROSSBAR_MAX_SLICES];
    uint64_t *histogram; /* [sign, slice, input_bit, current] */
};

struct simulation {
    struct crossbar_format format; /* as mapped: see readout_format */
    enum readout_signs signs;
    int layers;
    struct simulated_layer *layer;
};

/* Maps every weight layer of a prepared, quantised network, which must outlive the simulation; `format`
 * is that of its codes. Not collective: every rank maps all. Free with simulation_destroy. */
void simulation_create(struct simulation *simulation, const struct network *net,
                       struct crossbar_format format, enum readout_signs signs);
void simulation_destroy(struct simulation *simulation);

/* Counts the currents of the samples in a pass: an observer for evaluate(), `simulation` its context.
 * Not collective: this rank's samples. */
void simulation_observe(void *simulation, const struct network *net, const struct pass *pass);

/* Sums the histograms over ranks. Collective. */
void simulation_reduce(struct simulation *simulation);

/* The histogram of (sign, slice) over all input bits: pooled [max_current + 1]. Pure. */
void simulation_pool(const struct simulated_layer *layer, int sign, int slice, uint64_t *pooled);

/* Forgets what was counted. Not collective. */
void simulation_clear(struct simulation *simulation);

#endif
