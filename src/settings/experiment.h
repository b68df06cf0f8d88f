/* Experiment files: YAML → a list of runs, each with its complete, checked settings.
 *
 * One table (settings/options_table.c) holds every option: path, type, range, default, meaning. The
 * parser, `--set`, the matrix, the error messages, the resolved YAML in the result file and
 * `reslice options` all come from it.
 */
#ifndef RESLICE_SETTINGS_EXPERIMENT_H
#define RESLICE_SETTINGS_EXPERIMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/layers.h"

enum {
    EXPERIMENT_NAME = 128,      /* bytes of a name */
    EXPERIMENT_LAYERS = 16,     /* hidden layers */
    EXPERIMENT_REALS = 128,     /* of a list of numbers */
    EXPERIMENT_MATRIX_AXES = 4, /* of a run, with those of its parent */
    EXPERIMENT_RUNS = 4096,     /* of an experiment, all variants counted */
};

struct real_list {
    double value[EXPERIMENT_REALS];
    int64_t count;
};

/* Settings of one run, complete with defaults. Plain data, no pointers. */
struct settings {
    struct {
        char name[32];
        int64_t validation;  /* samples at the end of the training file that are not trained on */
        int64_t train, test; /* use only the first so many samples; 0 = all */
        bool flip;           /* augmentation of training samples: data/augment.h */
        int64_t crop;
        struct real_list mean, std; /* a number a channel; none: those of the data set */
    } data;
    struct {
        char model[32];
        int64_t hidden[EXPERIMENT_LAYERS]; /* mlp: widths of the hidden layers */
        int64_t hidden_count;
        int64_t depth;            /* resnet: 6n + 2 */
        int64_t width;            /* resnet: channels of the first stage */
        bool batch_norm;          /* vgg11 */
        bool dropout_always;      /* vgg11 */
        struct layer_list layers; /* count > 0: the network, and all the above is ignored */
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
        char name[32]; /* none, l1, bit-slice-l1 */
        double alpha;
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
        struct real_list bits; /* of each slice, or of each slice of each weight layer */
        char exponent[8];      /* fit, or a number */
    } adc_limit;
    struct { /* a second penalty */
        double alpha, ratio;
        struct real_list group; /* input channels, for each weight layer or for all; none: off */
        bool detach;
    } group_lasso;
    struct {
        char by[16];   /* admm, hard, forward */
        int64_t every; /* steps; 0 = an epoch */
        double rho, growth;
    } impose;
};

struct experiment_run {
    char name[EXPERIMENT_NAME]; /* "bitslice" or "bitslice@alpha=2,seed=1" */
    char base[EXPERIMENT_NAME]; /* name without the variant: "bitslice" */
    int parent;                 /* index into runs, or -1; always smaller than the own index */
    struct settings settings;
};

struct experiment {
    char name[EXPERIMENT_NAME];
    size_t run_count;
    struct experiment_run *runs; /* owned; parents come before children */
};

/* Command line settings: "training.seed=2". They win over the file. */
struct experiment_overrides {
    size_t count;
    const char *const *text;
};

/* Parses YAML text (`file` is for messages). False with one line "file:line: …: value 'x' …,
 * allowed: …" on any mistake. Not collective, deterministic: every rank gets the same. */
bool experiment_parse(struct experiment *experiment, const char *file, const char *text,
                      size_t length, struct experiment_overrides overrides, struct error *err);

/* The experiment "settings" whose only run, "run", has the settings that settings_to_yaml has written
 * (`file` is for messages). False with one line, and an empty experiment. The experiment is the caller's,
 * for experiment_free. Not collective. */
bool experiment_from_settings(struct experiment *experiment, const char *file, const char *settings,
                              struct experiment_overrides overrides, struct error *err);

/* Reads the file on rank 0, broadcasts its text and parses it everywhere. Collective. */
bool experiment_load(struct experiment *experiment, const char *file,
                     struct experiment_overrides overrides, struct error *err);

void experiment_free(struct experiment *experiment);

/* Settings with every option at its default. */
void experiment_defaults(struct settings *settings);

/* The option table as text for people: path, type and range, default, meaning. */
void experiment_print_options(void);

#endif
