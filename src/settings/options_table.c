/* The rows of the option table: see settings/options.h. */
#include <assert.h>
#include <stddef.h>

#include "data/dataset.h"
#include "method/penalty.h"
#include "nn/models.h"
#include "nn/optimizer.h"
#include "settings/options.h"

/* clang-format off */
/* One row an option; the field of struct settings is also its path. Reals carry their interval as
 * in mathematics: '(' and ')' leave the bound itself out. */
#define ROW(kind, field, ...) \
    {.path = #field, .type = kind, .offset = offsetof(struct settings, field), \
     .size = sizeof(((struct settings *)0)->field), __VA_ARGS__}
#define INTEGER(field, low, high, value, text, ...) \
    ROW(OPTION_INTEGER, field, .min = low, .max = high, .standard = value, .meaning = text, \
        __VA_ARGS__)
#define INTEGERS(field, low, high, value, text, ...) \
    ROW(OPTION_INTEGERS, field, .min = low, .max = high, .standard = value, .meaning = text, \
        __VA_ARGS__)
#define ONE_OF(field, list, value, text) \
    ROW(OPTION_INTEGER, field, .max = 64, .choices = list, .standard = value, .meaning = text)
#define REAL(field, left, low, high, right, value, text, ...) \
    ROW(OPTION_REAL, field, .min = low, .max = high, .above = left == '(', .below = right == ')', \
        .standard = value, .meaning = text, __VA_ARGS__)
#define BOOLEAN(field, value, text, ...) \
    ROW(OPTION_BOOLEAN, field, .standard = value, .meaning = text, __VA_ARGS__)
#define CHOICE(field, list, value, text, ...) \
    ROW(OPTION_CHOICE, field, .choices = list, .standard = value, .meaning = text, __VA_ARGS__)
#define CHOICE_OF(field, function, value, text) \
    ROW(OPTION_CHOICE, field, .names = function, .standard = value, .meaning = text)
/* At the end of a row: where alone the option has an effect. */
#define ONLY_IF(path, values) .only_if = path, .only_values = values
/* Sections of constraints have their hyphens, which no field has. */
#define AT(name, field) \
    .path = name, .offset = offsetof(struct settings, field), \
    .size = sizeof(((struct settings *)0)->field)
#define REALS(name, field, left, low, high, text) \
    {AT(name, field), .type = OPTION_REALS, .min = low, .max = high, .above = left == '(', \
     .standard = "[]", .meaning = text}
#define WHOLES(name, field, low, high, text) \
    {AT(name, field), .type = OPTION_REALS, .min = low, .max = high, .is_whole = true, \
     .standard = "[]", .meaning = text}
#define REAL_AT(name, field, left, low, high, right, value, text, ...) \
    {AT(name, field), .type = OPTION_REAL, .min = low, .max = high, .above = left == '(', \
     .below = right == ')', .standard = value, .meaning = text, __VA_ARGS__}
#define INTEGER_AT(name, field, low, high, value, text) \
    {AT(name, field), .type = OPTION_INTEGER, .min = low, .max = high, .standard = value, \
     .meaning = text}
#define CHOICE_AT(name, field, list, value, text, ...) \
    {AT(name, field), .type = OPTION_CHOICE, .choices = list, .standard = value, .meaning = text, \
     __VA_ARGS__}
#define LAYERS(field, value, text) \
    ROW(OPTION_LAYERS, field, .standard = value, .meaning = text)

const struct option_entry options_table[] = {
    CHOICE_OF(data.name, dataset_names, "mnist", "data set, see data/README.md"),
    ROW(OPTION_PATH, data.file, .standard = "none",
        .meaning = "a data set of your own instead: packed images, or a folder with four IDX files, or what their names begin with (data/README.md)"),
    WHOLES("data.shape", data.shape, 1, DATASET_SIDE,
           "data.file: channels, height and width of its images; taken from the file"),
    INTEGER(data.classes, 0, 65536, "0",
            "data.file: its classes; 0 = as many as the training labels have"),
    INTEGER(data.validation, 0, 1e9, "0",
            "samples at the end of the training file that are kept for validation"),
    INTEGER(data.train, 0, 1e9, "0", "use only the first so many training samples; 0 = all"),
    INTEGER(data.test, 0, 1e9, "0", "use only the first so many test samples; 0 = all"),
    CHOICE(data.shuffle, "all, blocks", "all",
           "order of the training samples: any, or one for sets larger than memory: blocks of 16 neighbours in any order, and the samples of 64 such blocks in any order"),
    BOOLEAN(data.flip, "false", "train on images of which a random half is flipped left to right"),
    INTEGER(data.crop, 0, 16, "0",
            "train on random crops of the images, padded by so many black pixels; 0 = off"),
    REALS("data.mean", data.mean, '[', -1000, 1000,
          "the network's inputs are (pixel / 255 - mean) / std, a number a channel; none: the data set's own"),
    REALS("data.std", data.std, '[', 1e-6, 1000, "see data.mean"),

    CHOICE_OF(network.model, model_names, "mlp", "kind of network"),
    INTEGERS(network.hidden, 1, 32768, "[100]", "mlp: widths of the hidden layers; [] = none",
            ONLY_IF("network.model", "mlp")),
    INTEGER(network.depth, 8, 200, "20", "resnet: layers, 6n + 2",
            ONLY_IF("network.model", "resnet")),
    INTEGER(network.width, 1, 910, "16", "resnet: channels of the first stage",
            ONLY_IF("network.model", "resnet")),
    ROW(OPTION_CHOICE, network.shortcut, .choices = "projection, pad", .standard = "projection",
        .meaning = "resnet: where the shape changes, a 1x1 convolution or, without parameters, every other pixel and channels of zeros",
        ONLY_IF("network.model", "resnet")),
    BOOLEAN(network.batch_norm, "false", "vgg11: batch norm behind every convolution",
            ONLY_IF("network.model", "vgg11")),
    BOOLEAN(network.dropout_always, "false",
            "vgg11: dropout in evaluation too, as the reference program has it",
            ONLY_IF("network.model", "vgg11")),
    REAL(network.epsilon, '(', 0, 1, ']', "1e-05", "batch norm: added to the variance",
            ONLY_IF("network.model", "vgg11, resnet, resnet18, resnet50, mobilenetv2")),
    LAYERS(network.layers, "[]", "the network as a list of layers, instead of a model (experiments/README.md)"),

    INTEGER(fixed_point.bits, 1, 8, "8", "magnitude bits of weights and activations"),
    ONE_OF(fixed_point.slice_bits, "1, 2, 4, 8", "2", "bits of a slice; divides fixed_point.bits"),
    BOOLEAN(fixed_point.quantise, "true", "false trains in plain floating point"),

    INTEGER(training.batch, 1, 65536, "64", "samples of the global batch, over all ranks"),
    INTEGER(training.shards, 1, 1024, "4",
            "parts of the batch; any number of ranks that divides it gives the same bytes"),
    CHOICE(training.optimizer, "sgd", "sgd", "update rule"),
    REAL(training.rate, '(', 0, 1000, ']', "0.01", "learning rate; the peak for one-cycle"),
    REAL(training.momentum, '[', 0, 1, ')', "0", "momentum of the optimizer"),
    BOOLEAN(training.nesterov, "false", "Nesterov momentum; needs training.momentum > 0"),
    REAL(training.weight_decay, '[', 0, 1, ']', "0", "added to the gradient, times the weight"),
    CHOICE_OF(training.schedule, schedule_names, "constant", "learning rate over the epochs"),
    INTEGER(training.step_epochs, 1, 1e6, "30", "step: epochs after which the rate is multiplied by step_factor, again and again",
            ONLY_IF("training.schedule", "step")),
    REAL(training.step_factor, '(', 0, 1, ']', "0.5", "step: the factor",
            ONLY_IF("training.schedule", "step")),
    REAL(training.warmup, '[', 0, 1, ')', "0.3", "one-cycle: share of the steps with rising rate",
            ONLY_IF("training.schedule", "one-cycle")),
    CHOICE(training.select, "validation, test, last", "validation",
           "the epoch that is kept: best validation accuracy, best test accuracy (biased), last"),
    BOOLEAN(training.select_sparsity, "false", "add the mean zero ratio of the slices, in percent, to the accuracy when selecting",
            ONLY_IF("training.select", "validation, test")),
    INTEGER(training.seed, 0, 9007199254740992, "1", "seed of every random number: initial weights, shuffling"),

    INTEGER(crossbar.rows, 1, 1024, "128", "rows of one crossbar array"),
    INTEGER(crossbar.columns, 1, 1024, "128", "columns of one crossbar array"),
    ONE_OF(crossbar.cell_bits, "0, 1, 2, 4, 8", "0",
           "bits of a cell; divides fixed_point.bits; 0 = fixed_point.slice_bits"),
    INTEGER(crossbar.samples, 0, 1e9, "0",
            "test samples whose bitline currents are counted; 0 = all (convolutions take long)",
            ONLY_IF("fixed_point.quantise", "true")),

    INTEGER(epochs, 0, 100000, "0", "passes over the training samples; 0 = only prune and test"),
    REAL(prune.threshold, '[', 0, 1000, ']', "0",
         "before training, smaller weights become zero and stay zero; 0 = no pruning"),
    CHOICE_OF(penalty.name, penalty_names, "none", "regularisation of the weights"),
    REAL(penalty.alpha, '[', 0, 1e9, ']', "0", "strength of the penalty"),

    CHOICE(penalty.unit, "code, step", "code",
           "bit-slice-l1: step: the gradient times the step of a code, so that a layer that shrinks is not pulled harder",
           ONLY_IF("penalty.name", "bit-slice-l1")),
    CHOICE(penalty.towards, "zero, nearest", "zero",
           "bit-slice-l1: nearest: to the nearest code with fewer digits, up or down",
           ONLY_IF("penalty.name", "bit-slice-l1")),
    BOOLEAN(penalty.radial, "true",
            "bit-slice-l1: false: filters in front of batch norm are not pulled along themselves, where only their scale would change",
            ONLY_IF("penalty.name", "bit-slice-l1")),

    REALS("sparsity.keep", sparsity.keep, '[', 0, 1,
          "share of each layer's weights that may be other than zero; 0 = all"),
    WHOLES("column-sparsity.nonzeros", column_sparsity.nonzeros, 0, 1024,
           "weights of a crossbar column that may be other than zero; 0 = all"),
    WHOLES("circulant.block", circulant.block, 0, 1024,
           "rows and columns of the circulant blocks of a layer; 0 = not circulant"),
    REAL_AT("circulant.gain", circulant.gain, '(', 0, 1024, ']', "1",
            "factor of the loss's gradient of tied weights: 1 = their mean, the block = their sum",
            ONLY_IF("impose.by", "hard, forward")),
    REALS("smartdeal.threshold", smartdeal.threshold, '[', 0, 1000,
          "power-of-two coefficients below it are zero; 0 = the layer is left alone"),
    INTEGER_AT("smartdeal.iterations", smartdeal.iterations, 2, 1000, "30",
               "of the fit of coefficients and basis, at most"),
    WHOLES("grid.bits", grid.bits, 0, 8,
           "bits of a weight that is not zero: 2^bits multiples of an interval; 0 = any value"),
    REALS("ternary.threshold", ternary.threshold, '[', 0, 0.99,
          "weights below this share of the layer's largest are zero, the others ±S; 0 = not ternary"),
    REALS("slice-sparsity.keep", slice_sparsity.keep, '[', 0, 1,
          "share of the slices (digits) of each layer that may be other than zero; 0 = all"),
    CHOICE_AT("slice-sparsity.over", slice_sparsity.over, "layer, network", "layer",
              "network: the share is that of all layers together, at one price of a digit"),
    CHOICE_AT("slice-sparsity.distance", slice_sparsity.distance, "absolute, relative", "absolute",
              "between layers: what a deviation of a weight counts; relative: over the layer's mean square",
              ONLY_IF("slice-sparsity.over", "network")),
    REALS("slice-sparsity.prices", slice_sparsity.prices, '[', 0, 1000,
          "what a digit of each slice counts in the share, B0 first; none: 1 each"),
    REAL_AT("slice-sparsity.ramp", slice_sparsity.ramp, '[', 0, 1, ']', "0",
            "share of the epochs in which the share falls to keep, by a third power; only epochs behind it are selected; 0 = keep from the start"),
    REAL_AT("slice-sparsity.start", slice_sparsity.start, '(', 0, 1, ']', "1",
            "ramp: the share before the first step"),
    WHOLES("slice-digits.digits", slice_digits.digits, 0, 8,
           "digits of a weight that may be other than zero, in any slices; 0 = all"),
    WHOLES("adc-limit.bits", adc_limit.bits, 0, 16,
           "bits of the ADC of each slice, B0 first, that must be enough for every input; for all layers or layer by layer"),
    CHOICE_AT("adc-limit.exponent", adc_limit.exponent, "fit, 0, 1, 2, 3, 4, 5, 6", "fit",
              "added to the exponent of a layer's weights at the start, which is then held; fit: what changes the weights least"),
    REAL_AT("group-lasso.alpha", group_lasso.alpha, '[', 0, 1e9, ']', "0",
            "strength of the group lasso, a second penalty; 0 = none"),
    REAL_AT("group-lasso.ratio", group_lasso.ratio, '[', 0, 1000, ']', "0.7",
            "groups whose norm exceeds so many times the layer's mean are not shrunk; 0 = all are"),
    WHOLES("group-lasso.group", group_lasso.group, 0, 4096,
           "input channels of a group, of one output and all taps; 0 = the layer has none"),
    {AT("group-lasso.detach", group_lasso.detach), .type = OPTION_BOOLEAN, .standard = "false",
     .meaning = "the mean norm is a constant for the gradient"},
    WHOLES("adc.bits", adc.bits, 0, 16,
           "bits of the ADC of each slice, B0 first, through which the network is trained and evaluated; for all layers or layer by layer, or one for all"),
    CHOICE(adc.transfer, "clip, scaled, linear", "clip",
           "ADC: one code a cell level, by a power of two, or full range"),
    CHOICE(adc.signs, "differential, analog", "differential",
           "negative weights: two ADCs, or the currents are subtracted in front of one"),
    CHOICE(recalibrate, "none, batch-norm, bias", "none",
           "before training: the statistics of batch norm anew, or the biases of layers without it corrected by what their ADCs lose"),
    INTEGER(recalibrate_samples, 0, 1e9, "4096",
            "training samples that recalibrate looks at; 0 = all",
            ONLY_IF("recalibrate", "batch-norm, bias")),
    CHOICE(impose.by, "admm, hard, forward", "admm",
           "admm; hard: the weights are projected; forward: each step works on projected weights"),
    INTEGER(impose.every, 0, 1e9, "0", "steps between two projections; 0 = one an epoch",
            ONLY_IF("impose.by", "admm, hard")),
    REAL(impose.rho, '(', 0, 1e6, ']', "0.001", "admm: strength of the pull towards the set",
            ONLY_IF("impose.by", "admm")),
    REAL(impose.growth, '(', 0, 1000, ']', "1.3", "admm: factor of rho at each projection",
            ONLY_IF("impose.by", "admm")),
};
/* clang-format on */

const size_t options_count = sizeof options_table / sizeof *options_table;
static_assert(sizeof options_table / sizeof *options_table <= OPTIONS_MAX, "OPTIONS_MAX too small");
