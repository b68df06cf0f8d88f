#include "nn/layers.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct builder {
    struct network *net;
    const struct layer_list *list;
    int at; /* layer that is being added */
    struct error *err;
};

/* Where the list has got to. The network's input is flat in memory but an image to the reader of the
 * list, so the reshaping waits until a layer needs it: a flatten then costs nothing. */
struct flow {
    struct tensor *x;
    bool is_flat, waits;
    int channels, height, width; /* as the reader of the list sees them */
};

static bool refuse(struct builder *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(struct builder *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(b->err->text, sizeof b->err->text, format, args);
    va_end(args);
    return false;
}

int layers_next(const struct layer_list *list, int i)
{
    return i + 1 + list->layer[i].branch + list->layer[i].shortcut;
}

static bool same_sides(struct layer_sides a, struct layer_sides b)
{
    return a.same == b.same && a.by.top == b.by.top && a.by.left == b.by.left &&
           a.by.bottom == b.by.bottom && a.by.right == b.by.right;
}

int layers_difference(const struct layer_list *a, const struct layer_list *b)
{
    for (int i = 0; i < a->count && i < b->count; i++) {
        const struct layer_spec *x = &a->layer[i], *y = &b->layer[i];
        if (x->kind != y->kind || strcmp(x->name, y->name) != 0 || x->outputs != y->outputs ||
            x->window != y->window || x->width_of_window != y->width_of_window ||
            x->step != y->step || x->groups != y->groups || fabs(x->epsilon - y->epsilon) > 0.0 ||
            x->channels != y->channels || x->height != y->height || x->width != y->width ||
            x->bias != y->bias || x->quantise != y->quantise || x->always != y->always ||
            !same_sides(x->around, y->around) || x->ceil != y->ceil ||
            x->count_padding != y->count_padding || x->pads != y->pads || x->branch != y->branch ||
            x->shortcut != y->shortcut)
            return i;
    }
    if (a->count == b->count)
        return -1;
    return a->count < b->count ? a->count : b->count;
}

/* ---- what a layer needs of its input ---- */

/* The flow goes on from a new tensor. */
static bool flow_to(struct flow *flow, struct tensor *x)
{
    flow->x = x;
    flow->channels = x->channels;
    flow->height = x->height;
    flow->width = x->width;
    return true;
}

static bool need_image(struct builder *b, struct flow *flow, const char *layer)
{
    if (flow->is_flat)
        return refuse(b, "%s needs an image, but gets %d flat values; reshape makes one of them",
                      layer, flow->channels);
    if (flow->waits)
        flow->x = network_add_image(b->net, flow->x, flow->channels, flow->height, flow->width);
    flow->waits = false;
    return true;
}

static bool need_codes(struct builder *b, const struct flow *flow, const char *layer)
{
    return flow->x->has_code ||
           refuse(b,
                  "%s multiplies codes, but its input is not quantised: put a quantise layer "
                  "before it, or leave 'quantise: false' away",
                  layer);
}

static bool need_terms(struct builder *b, size_t terms, const char *layer)
{
    return terms <= LAYERS_TERMS ||
           refuse(b, "%s adds %zu products for each output; allowed: at most %d", layer, terms,
                  LAYERS_TERMS);
}

/* ---- the kinds ---- */

/* Every step-th pixel leaves so many. */
static int thinned(int length, int step)
{
    return (length + step - 1) / step;
}

/* Padding of an axis in front and behind, where it is `same`. */
static void fill_same(int length, int window, int step, int *before, int *after)
{
    const int needed = (thinned(length, step) - 1) * step + window - length;
    *before = needed > 0 ? needed / 2 : 0;
    *after = needed > 0 ? needed - *before : 0;
}

/* Padding in pixels. */
static struct op_sides sides_of(struct layer_sides around, const struct flow *flow, int height,
                                int width, int step)
{
    struct op_sides by = around.by;
    if (around.same) {
        fill_same(flow->height, height, step, &by.top, &by.bottom);
        fill_same(flow->width, width, step, &by.left, &by.right);
    }
    return by;
}

/* Whether a convolution of this shape fits its input. */
static bool need_window(struct builder *b, const struct flow *flow, struct conv_general shape)
{
    const struct op_sides by = shape.around;
    const int height = flow->height + by.top + by.bottom, width = flow->width + by.left + by.right;
    if (by.top >= shape.kernel_height || by.bottom >= shape.kernel_height ||
        by.left >= shape.kernel_width || by.right >= shape.kernel_width)
        return refuse(b, "conv: padding %d, %d, %d, %d is not below the kernel, %d x %d", by.top,
                      by.left, by.bottom, by.right, shape.kernel_height, shape.kernel_width);
    if (shape.kernel_height > height || shape.kernel_width > width)
        return refuse(
            b, "conv: a kernel of %d x %d does not fit into %d x %d pixels, padding included",
            shape.kernel_height, shape.kernel_width, height, width);
    return true;
}

static bool add_conv(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    const int height = spec->window, width = spec->width_of_window, groups = spec->groups;
    if (!need_image(b, flow, "conv") || !need_codes(b, flow, "conv"))
        return false;
    if (flow->channels % groups != 0 || spec->outputs % groups != 0)
        return refuse(b, "conv: %d groups do not divide %d channels into %d outputs", groups,
                      flow->channels, spec->outputs);
    const struct conv_general shape = {.channels = spec->outputs,
                                       .kernel_height = height,
                                       .kernel_width = width,
                                       .step = spec->step,
                                       .around =
                                           sides_of(spec->around, flow, height, width, spec->step),
                                       .groups = groups,
                                       .has_bias = spec->bias};
    return need_terms(b, (size_t)(flow->channels / groups) * (size_t)(height * width), "conv") &&
           need_window(b, flow, shape) &&
           flow_to(flow, network_add_general_conv(b->net, spec->name, flow->x, shape));
}

static bool add_linear(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    if (!flow->is_flat)
        return refuse(b, "linear needs flat values, but gets %d x %d x %d; put flatten before it",
                      flow->channels, flow->height, flow->width);
    if (!need_codes(b, flow, "linear") || !need_terms(b, flow->x->size, "linear"))
        return false;
    return flow_to(flow, network_add_linear(b->net, spec->name, flow->x, (size_t)spec->outputs));
}

static bool add_batch_norm(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    if (!flow->is_flat && !need_image(b, flow, "batch-norm"))
        return false;
    return flow_to(flow, network_add_batch_norm_with(b->net, spec->name, flow->x, spec->epsilon));
}

static bool add_relu(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    (void)spec, (void)flow;
    return refuse(b,
                  "relu and relu6 must stand directly behind a layer that quantises: conv, linear, "
                  "batch-norm, average-pool, residual (without 'quantise: false') or quantise");
}

/* Only checks: the quantiser itself comes as that of any other layer. */
static bool add_quantise(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    (void)spec;
    return !flow->x->has_code || refuse(b, "quantise: its input is quantised already");
}

static bool add_pool(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    const bool is_max = spec->kind == LAYER_MAX_POOL;
    const char *name = is_max ? "max-pool" : "average-pool";
    const int size = spec->window;
    if (!need_image(b, flow, name))
        return false;
    const struct op_sides by = sides_of(spec->around, flow, size, size, spec->step);
    if (by.top >= size || by.left >= size || by.bottom >= size || by.right >= size)
        return refuse(b, "%s: padding %d, %d, %d, %d is not below the size, %d", name, by.top,
                      by.left, by.bottom, by.right, size);
    if (size > flow->height + by.top + by.bottom || size > flow->width + by.left + by.right)
        return refuse(b, "%s: a window of %d does not fit into %d x %d pixels", name, size,
                      flow->height + by.top + by.bottom, flow->width + by.left + by.right);
    const struct pool_shape shape = {.kernel = size,
                                     .step = spec->step,
                                     .around = by,
                                     .ceil = spec->ceil,
                                     .counts_padding = spec->count_padding};
    return flow_to(flow, network_add_pool(b->net, flow->x, is_max, shape));
}

/* One square window that reaches beyond the shorter side. */
static bool add_global_pool(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    (void)spec;
    if (!need_image(b, flow, "global-average-pool"))
        return false;
    const int size = flow->height > flow->width ? flow->height : flow->width;
    const struct pool_shape shape = {
        .kernel = size,
        .step = 1,
        .around = {.bottom = size - flow->height, .right = size - flow->width}
    };
    return flow_to(flow, network_add_pool(b->net, flow->x, false, shape));
}

static bool add_dropout(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    enum { NUMBERS = 256 }; /* a byte of its random numbers' index is the operation's number */
    if (b->net->op_count >= NUMBERS)
        return refuse(b, "dropout: allowed: behind at most %d operations, quantisers counted",
                      NUMBERS);
    flow->x = network_add_dropout(b->net, flow->x, spec->always);
    return true;
}

static bool add_flatten(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    (void)spec;
    if (flow->is_flat)
        return refuse(b, "flatten: its input, %d values, is flat already", flow->channels);
    if (!flow->waits)
        flow->x = network_add_flatten(b->net, flow->x);
    flow->is_flat = true;
    flow->waits = false;
    return flow_to(flow, flow->x);
}

static bool add_reshape(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    if (!flow->is_flat)
        return refuse(b, "reshape needs flat values, but gets %d x %d x %d; put flatten before it",
                      flow->channels, flow->height, flow->width);
    if ((size_t)spec->channels * (size_t)(spec->height * spec->width) != flow->x->size)
        return refuse(b, "reshape: %d x %d x %d is not %zu values", spec->channels, spec->height,
                      spec->width, flow->x->size);
    flow->is_flat = false;
    return flow_to(flow,
                   network_add_image(b->net, flow->x, spec->channels, spec->height, spec->width));
}

static bool add_branch(struct builder *b, int begin, int end, struct flow *flow);

/* The shortcut without parameters from `side` to the shape of `main`; the identity where that is
 * the same. */
static bool pad_side(struct builder *b, const struct flow *main, struct flow *side)
{
    int step = 1;
    while (step < side->height &&
           (thinned(side->height, step) > main->height || thinned(side->width, step) > main->width))
        step++;
    if (main->is_flat != side->is_flat || main->channels < side->channels ||
        thinned(side->height, step) != main->height || thinned(side->width, step) != main->width)
        return refuse(b,
                      "residual: shortcut: pad keeps every n-th pixel and adds channels, but its "
                      "layers make %d x %d x %d%s of %d x %d x %d%s",
                      main->channels, main->height, main->width, main->is_flat ? " (flat)" : "",
                      side->channels, side->height, side->width, side->is_flat ? " (flat)" : "");
    if (step > 1 || main->channels > side->channels)
        flow_to(side, network_add_pad_shortcut(b->net, side->x, main->channels, step));
    return true;
}

static bool add_residual(struct builder *b, const struct layer_spec *spec, struct flow *flow)
{
    if (!flow->is_flat && !need_image(b, flow, "residual"))
        return false;
    const int at = b->at, shortcut = at + 1 + spec->branch;
    struct flow main = *flow, side = *flow;
    if (!add_branch(b, at + 1, shortcut, &main) ||
        !add_branch(b, shortcut, shortcut + spec->shortcut, &side))
        return false;
    b->at = at;
    if (spec->pads && !pad_side(b, &main, &side))
        return false;
    if (main.is_flat != side.is_flat || main.channels != side.channels ||
        main.height != side.height || main.width != side.width)
        return refuse(b, "residual: its layers give %d x %d x %d%s, its shortcut %d x %d x %d%s",
                      main.channels, main.height, main.width, main.is_flat ? " (flat)" : "",
                      side.channels, side.height, side.width, side.is_flat ? " (flat)" : "");
    flow->is_flat = main.is_flat;
    return flow_to(flow, network_add_sum(b->net, main.x, side.x));
}

/* ---- the list ---- */

static bool (*const adders[LAYER_KINDS])(struct builder *, const struct layer_spec *,
                                         struct flow *) = {
    [LAYER_CONV] = add_conv,
    [LAYER_LINEAR] = add_linear,
    [LAYER_BATCH_NORM] = add_batch_norm,
    [LAYER_RELU] = add_relu,
    [LAYER_RELU6] = add_relu,
    [LAYER_QUANTISE] = add_quantise,
    [LAYER_MAX_POOL] = add_pool,
    [LAYER_AVERAGE_POOL] = add_pool,
    [LAYER_GLOBAL_AVERAGE_POOL] = add_global_pool,
    [LAYER_DROPOUT] = add_dropout,
    [LAYER_FLATTEN] = add_flatten,
    [LAYER_RESHAPE] = add_reshape,
    [LAYER_RESIDUAL] = add_residual,
};

/* Whether layer i of a branch is there and of this kind. */
static bool is_kind(const struct builder *b, int i, int end, enum layer_kind kind)
{
    return i < end && b->list->layer[i].kind == kind;
}

static bool add_branch(struct builder *b, int begin, int end, struct flow *flow)
{
    for (int i = begin, next; i < end; i = next) {
        const struct layer_spec *spec = &b->list->layer[i];
        next = layers_next(b->list, i);
        b->at = i;
        if (!adders[spec->kind](b, spec, flow))
            return false;
        const bool is_own = spec->kind == LAYER_QUANTISE;
        if (!spec->quantise || (!is_own && is_kind(b, next, end, LAYER_QUANTISE)))
            continue;
        char name[sizeof b->net->op->name];
        snprintf(name, sizeof name, "%s%s", spec->name, is_own ? "" : ".out");
        const bool relu = is_kind(b, next, end, LAYER_RELU);
        const bool relu6 = is_kind(b, next, end, LAYER_RELU6);
        flow->x = relu6 ? network_add_relu6(b->net, name, flow->x)
                        : network_add_quantiser(b->net, name, flow->x, relu);
        next += relu || relu6;
    }
    return true;
}

static bool check_end(struct builder *b, const struct flow *flow, int classes)
{
    const struct network *net = b->net;
    bool maps = false;
    for (int i = 0; i < net->op_count; i++)
        maps = maps || net->op[i].class->gather_codes;
    b->at = 0; /* to the last layer that is inside no other */
    while (layers_next(b->list, b->at) < b->list->count)
        b->at = layers_next(b->list, b->at);
    if (!maps)
        return refuse(b, "the network has no conv and no linear layer");
    if (!flow->is_flat)
        return refuse(b,
                      "the network ends with %d x %d x %d values, which must be flat: end it "
                      "with flatten or linear",
                      flow->channels, flow->height, flow->width);
    if (flow->channels != classes)
        return refuse(b, "the network ends with %d values; the data set has %d classes",
                      flow->channels, classes);
    return true;
}

struct tensor *layers_build(struct network *net, const struct layer_list *list,
                            struct layers_data data, int *at, struct error *err)
{
    network_create(net, data.channels, data.height, data.width);
    struct builder b = {.net = net, .list = list, .err = err};
    struct flow flow = {net->input, false, true, data.channels, data.height, data.width};
    if (!is_kind(&b, 0, list->count, LAYER_QUANTISE))
        flow.x = network_add_quantiser(net, "input", net->input, false);
    const bool fits = add_branch(&b, 0, list->count, &flow) && check_end(&b, &flow, data.classes);
    *at = b.at;
    return fits ? flow.x : NULL;
}
