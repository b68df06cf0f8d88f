#include "cli/import_onnx.h"

#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "base/mem.h"
#include "settings/layer_text.h"
#include "settings/options.h"

static const char ending[] = ".onnx";

bool import_onnx_is(const char *path)
{
    const size_t n = strlen(path), m = sizeof ending - 1;
    return n > m && strcmp(path + n - m, ending) == 0;
}

/* The name of the file without folders and ending; "network" where that is no name of a run. */
static void name_run(const char *path, char name[64])
{
    const char *slash = strrchr(path, '/');
    const char *file = slash ? slash + 1 : path;
    const size_t n = strlen(file) - (sizeof ending - 1);
    snprintf(name, 64, "%.*s", n < 63 ? (int)n : 63, file);
    if (!option_is_name(name))
        strcpy(name, "network");
}

/* A convolution makes an input vector a pixel: the currents of so many test samples are counted. */
enum { SAMPLES = 100, HEAD = 512 };

static char *make_text(const struct layer_list *list, const char *path)
{
    char name[64];
    char *text = mem_alloc(HEAD + layer_text_size(list), 1, "experiment of an ONNX file");
    name_run(path, name);
    const int head = snprintf(text, HEAD,
                              "experiment: import\nruns:\n  - name: '%s'\n"
                              "    training: {select: last}\n    crossbar: {samples: %d}\n"
                              "    network:\n",
                              name, SAMPLES);
    layer_text_print(list, 6, text + head);
    return text;
}

bool import_onnx_open(struct import_onnx *onnx, const char *path, struct error *err)
{
    const bool fine = comm_rank() != 0 || onnx_network_read(&onnx->network, path, err);
    if (!comm_agree(fine, err))
        return false;
    size_t bytes = 0;
    if (comm_rank() == 0) {
        onnx->text = make_text(onnx->network.list, path);
        bytes = strlen(onnx->text) + 1;
    }
    comm_broadcast(&bytes, sizeof bytes);
    if (!onnx->text)
        onnx->text = mem_alloc(bytes, 1, "experiment of an ONNX file");
    comm_broadcast(onnx->text, bytes);
    return true;
}

bool import_onnx_experiment(const struct import_onnx *onnx, struct experiment *experiment,
                            struct experiment_overrides sets, struct error *err)
{
    return experiment_parse(experiment, "import --names", onnx->text, strlen(onnx->text), sets,
                            err);
}

/* Of the overrides only what the data set is matters. */
bool import_onnx_fits(const struct import_onnx *onnx, const struct experiment_run *run,
                      struct experiment_overrides sets, const char *file, struct error *err)
{
    struct experiment own;
    char data[SETTINGS_WORD + 16];
    const char *const text[] = {data};
    snprintf(data, sizeof data, "data.name=%s", run->settings.data.name);
    sets.count = 1;
    sets.text = text;
    if (!run->settings.network.layers)
        return error_set(err,
                         "--network: %s has a built-in network there; an ONNX file needs its own "
                         "list of layers, which reslice import FILE.onnx --names prints",
                         file);
    if (!import_onnx_experiment(onnx, &own, sets, err))
        return false;
    const struct layer_list *list = own.runs[0].settings.network.layers;
    const int at = layers_difference(list, run->settings.network.layers);
    const char *name = at >= 0 && at < list->count ? list->layer[at].name : "";
    const bool fits =
        at < 0 || error_set(err,
                            "--network: the list of layers of %s is not that of the "
                            "ONNX file from layer %d%s%s on; reslice import FILE.onnx "
                            "--names prints it",
                            file, at + 1, *name ? ", " : "", name);
    experiment_free(&own);
    return fits;
}

void import_onnx_say(const struct import_onnx *onnx, const struct dataset *set)
{
    if (comm_rank() != 0)
        return;
    const struct onnx_model *model = &onnx->network.model;
    const size_t *dim = model->input_dim;
    const size_t wanted[2][3] = {
        {dim[1], dim[2], dim[3]},
        {dim[3], dim[1], dim[2]}  /* channels last */
    };
    const size_t there[3] = {(size_t)set->channels, (size_t)set->height, (size_t)set->width};
    bool fits = model->input_axes != 4;
    for (int w = 0; w < 2; w++) {
        bool same = true;
        for (int i = 0; i < 3; i++)
            same = same && (wanted[w][i] == 0 || wanted[w][i] == there[i]);
        fits = fits || same;
    }
    if (!fits)
        log_warn("%s was made for inputs of %zu x %zu x %zu; %s has %d x %d x %d", model->path,
                 dim[1], dim[2], dim[3], set->name, set->channels, set->height, set->width);
    if (onnx->network.has_softmax)
        log_info("%s: the softmax at its end is left out: training has its own", model->path);
    if (onnx->network.drops_dropout)
        log_info("%s: dropout of another share than a half is left out", model->path);
}

bool import_onnx_fill(const struct import_onnx *onnx, struct network *net, struct error *err)
{
    const bool fine = comm_rank() != 0 || onnx_network_fill(&onnx->network, net, err);
    if (!comm_agree(fine, err))
        return false;
    comm_broadcast(net->params.value, net->params.size * sizeof(float));
    return true;
}

void import_onnx_close(struct import_onnx *onnx)
{
    onnx_network_free(&onnx->network);
    mem_free(onnx->text);
    *onnx = (struct import_onnx){.text = NULL};
}
