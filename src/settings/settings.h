/* The settings of one run, complete with defaults: plain data that is copied by assignment.
 *
 * Lists of numbers and of layers are pointed to. They never change and are owned by a struct
 * settings_lists, which outlives all settings that point into it: the experiment has it, and so do
 * 4,096 variants of a run share one list.
 */
#ifndef RESLICE_SETTINGS_SETTINGS_H
#define RESLICE_SETTINGS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/layers.h"

enum {
    SETTINGS_HIDDEN = 16, /* hidden layers of an MLP */
    SETTINGS_REALS = 128, /* of a list of numbers */
    SETTINGS_WORD = 32,   /* bytes of the longest choice */
    SETTINGS_PATH = 256,  /* bytes of a path */
};

struct integer_list {
    int64_t value[SETTINGS_HIDDEN];
    int64_t count;
};

struct real_list {
    const double *value; /* [count], not owned */
    int64_t count;       /* at most SETTINGS_REALS */
};

struct settings {
    struct {
        char name[SETTINGS_WORD];
        const char *file;       /* of the user's own set, not owned; NULL: the one called `name` */
        struct real_list shape; /* of an own set: channels, height, width */
        int64_t classes;        /* of an own set */
        int64_t validation;  /* samples at the end of the training file that are not trained on */
        int64_t train, test; /* use only the first so many samples; 0 = all */
        char shuffle[SETTINGS_WORD]; /* all, blocks: train/sample_order.h */
        bool flip;                   /* augmentation of training samples: data/augment.h */
        int64_t crop;
        struct real_list mean, std; /* a number a channel; none: those of the data set */
    } data;
    struct {
        char model[SETTINGS_WORD];
        struct integer_list hidden;   /* mlp: widths of the hidden layers */
        int64_t depth;                /* resnet: 6n + 2 */
        int64_t width;                /* resnet: channels of the first stage */
        char shortcut[SETTINGS_WORD]; /* resnet: projection or pad */
        bool batch_norm;              /* vgg11 */
        bool dropout_always;          /* vgg11 */
        double epsilon;               /* of batch norm */
        const struct layer_list
            *layers; /* the network, and all the above is ignored; NULL: a model */
    } network;
    struct {
        int64_t bits;       /* magnitude bits of weights and activations */
        int64_t slice_bits; /* bits of a slice; must divide bits */
        bool quantise;      /* false: plain float training */
    } fixed_point;
    struct {
        int64_t batch, shards;
        char optimizer[16];
        double rate, momentum, weight_decay;
        bool nesterov;
        char schedule[16];   /* constant, step, cosine, one-cycle */
        int64_t step_epochs; /* step: every so many epochs … */
        double step_factor;  /* … times this */
        double warmup;       /* one-cycle: share of the steps with rising rate */
        char select[16];     /* validation, test, last */
        bool select_sparsity;
        int64_t seed;
    } training;
    struct {
        int64_t rows, columns;
        int64_t cell_bits; /* 0 = slice_bits */
        int64_t samples;   /* test samples sent through the crossbars; 0 = all */
    } crossbar;
    /* of a run */
    int64_t epochs;
    struct {
        double threshold; /* 0 = no pruning */
    } prune;
    struct {
        char name[SETTINGS_WORD]; /* none, l1, bit-slice-l1 */
        double alpha;
        char unit[8];     /* code, step */
        char towards[16]; /* zero, nearest */
        bool radial;
    } penalty;
    /* Constraints: a number for each weight layer, or one for all; a list without any: off. */
    struct {
        struct real_list keep;
    } sparsity;
    struct {
        struct real_list nonzeros;
    } column_sparsity;
    struct {
        struct real_list block;
        double gain;
    } circulant;
    struct {
        struct real_list threshold;
        int64_t iterations;
    } smartdeal;
    struct {
        struct real_list bits;
    } grid;
    struct {
        struct real_list threshold;
    } ternary;
    struct {
        struct real_list keep;
        char over[16];           /* layer, network */
        char distance[16];       /* absolute, relative */
        struct real_list prices; /* of each slice, B0 first; none: 1 */
        double ramp, start;      /* of the budget; ramp 0: it does not fall */
    } slice_sparsity;
    struct {
        struct real_list digits;
    } slice_digits;
    struct {
        struct real_list bits; /* of each slice, or of each slice of each weight layer */
        char exponent[8];      /* fit, or a number */
    } adc_limit;
    struct { /* a second penalty */
        double alpha, ratio;
        struct real_list group; /* input channels, for each weight layer or for all; none: off */
        bool detach;
    } group_lasso;
    struct {                   /* converters that the network is trained and evaluated with */
        struct real_list bits; /* one, a slice, or a slice of each weight layer; none: off */
        char transfer[16], signs[16];
    } adc;
    char recalibrate[16];        /* none, batch-norm, bias */
    int64_t recalibrate_samples; /* 0 = all */
    struct {
        char by[16];   /* admm, hard, forward */
        int64_t every; /* steps; 0 = an epoch */
        double rho, growth;
    } impose;
};

/* What settings point to; zeroed: empty. */
struct settings_lists {
    struct settings_block *last; /* owned, in a chain */
};

/* Takes a copy of `count` numbers; NULL for none. The copy is owned by `lists`. Not collective. */
const double *settings_keep_reals(struct settings_lists *lists, const double *value, size_t count);

/* Takes a copy of a text, which is owned by `lists`. Not collective. */
const char *settings_keep_text(struct settings_lists *lists, const char *text);

/* Room for a list of layers, zeroed and owned by `lists`. Not collective. */
struct layer_list *settings_new_layers(struct settings_lists *lists);

/* Frees all that `lists` own; settings that point there must not be used again. Not collective. */
void settings_free_lists(struct settings_lists *lists);

#endif
