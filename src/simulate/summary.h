/* What a network will take, before any training: its layers with their shapes, weights, multiply-
 * accumulates and crossbar arrays (mapping: hw/crossbar.h, with groups nn/conv_direct.h), and the memory
 * of a rank. Nothing here looks at a weight: bits and conversions are those of the worst weights. */
#ifndef RESLICE_SIMULATE_SUMMARY_H
#define RESLICE_SIMULATE_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "data/dataset.h"
#include "hw/crossbar.h"
#include "settings/settings.h"

/* What a layer without a weight matrix does not have is 0. */
struct summary_layer {
    char name[32];               /* "conv1"; empty: it has no parameters */
    char kind[48];               /* "conv 3x3", "max-pool 2x2" */
    int channels, height, width; /* of the output; flat: height and width are 1 */
    uint64_t weights;            /* trained values, biases included */
    uint64_t macs;               /* multiply-accumulates of a sample */
    size_t row_tiles, column_tiles;
    uint64_t tiles;        /* of these, those with a cell that can hold a weight */
    uint64_t arrays;       /* tiles of all slices and both signs */
    uint64_t cells;        /* of a slice and sign, that can hold a weight */
    int static_bits;       /* of an ADC that loses nothing whatever the weights and inputs */
    uint64_t conversions;  /* of a sample, if no bitline is all zero; two ADCs for the two signs */
    uint64_t sample_bytes; /* of the activations and gradients that it and its quantiser write */
};

struct summary {
    struct crossbar_format format;
    size_t layers;
    struct summary_layer *layer; /* [layers] in the order of execution; owned */
    struct summary_layer all;    /* their sums; static_bits: the most */
    uint64_t fixed_bytes;  /* memory of a rank: weights, and what does not grow with samples */
    uint64_t sample_bytes; /* and for every sample that it holds */
    size_t block;          /* samples of a block of evaluation */
};

/* Fills the summary of the network of settings that build_network_fits accepts for images of the data
 * set, without looking at its samples; summary_free is due. Takes and gives back the memory of one
 * sample. Not collective. */
void summary_create(struct summary *summary, const struct settings *settings,
                    const struct dataset *set);

/* Frees the layers. Not collective. */
void summary_free(struct summary *summary);

/* Samples that a rank of `ranks`, which divides the shards, holds at most in training: its share of a
 * batch, or a block of evaluation where that is more. Pure. */
size_t summary_samples(const struct summary *summary, const struct settings *settings, int ranks);

#endif
