/* reslice import of an ONNX file, which has its network in it. */
#ifndef RESLICE_CLI_IMPORT_ONNX_H
#define RESLICE_CLI_IMPORT_ONNX_H

#include "data/dataset.h"
#include "nn/network.h"
#include "result/onnx_network.h"
#include "settings/experiment.h"

struct import_onnx {
    struct onnx_network network; /* on rank 0 */
    char *text;                  /* the experiment file that it stands for; owned, or NULL */
};

/* Whether a path ends as those of ONNX files do. Not collective. */
bool import_onnx_is(const char *path);

/* Reads a file, whose `path` must outlive it, on rank 0, and makes an experiment file of its list of
 * layers, with one run called like the file, everywhere. False with a line; import_onnx_close is due in
 * any case, of a zeroed struct too. Collective. */
bool import_onnx_open(struct import_onnx *onnx, const char *path, struct error *err);

/* The experiment of that text. False with a line. The experiment is the caller's, for experiment_free.
 * Collective. */
bool import_onnx_experiment(const struct import_onnx *onnx, struct experiment *experiment,
                            struct experiment_overrides sets, struct error *err);

/* Whether the network of a run is the file's; false with a line. Collective. */
bool import_onnx_fits(const struct import_onnx *onnx, const struct experiment_run *run,
                      struct experiment_overrides sets, const char *file, struct error *err);

/* What the file has that the network does not, and images of another size, a line each. Not
 * collective: rank 0 speaks. */
void import_onnx_say(const struct import_onnx *onnx, const struct dataset *set);

/* Puts the weights into the network, the same on every rank. False with a line. Collective. */
bool import_onnx_fill(const struct import_onnx *onnx, struct network *net, struct error *err);

/* Gives the memory back. Not collective. */
void import_onnx_close(struct import_onnx *onnx);

#endif
