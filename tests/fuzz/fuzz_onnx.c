/* The reader of ONNX files (onnx_model, onnx_graph, onnx_network), and what is made of its networks: the
 * experiment file that stands for one, and its weights in a network for CIFAR-10.
 *
 * Input: the file. What is accepted is printed and read back, to the same list or one that is refused in a
 * line; weights that are taken are finite.
 */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "result/onnx_network.h"
#include "settings/experiment.h"
#include "settings/layer_text.h"

enum { WEIGHTS_MOST = 1 << 20 }; /* of networks that are built */

static struct fuzz_file file;

static void fill(const struct onnx_network *onnx, const struct layer_list *list)
{
    struct network net;
    struct error err;
    int at;
    fuzz_clear(&err);
    struct tensor *logits =
        layers_build(&net, list, (struct layers_data){3, 32, 32, 10}, &at, &err);
    if (logits && net.params.size < WEIGHTS_MOST) {
        network_finish(&net, logits, 0);
        for (size_t i = 0; i < net.params.size; i++)
            net.params.value[i] = 1.0F;
        if (!onnx_network_fill(onnx, &net, &err))
            fuzz_need_line(&err);
        else
            for (size_t i = 0; i < net.params.size; i++)
                fuzz_need(isfinite(net.params.value[i]), "weight %zu is not finite", i);
    }
    network_destroy(&net);
}

/* As `reslice import` does. */
static void print_and_read(const struct onnx_network *onnx)
{
    static const char head[] = "experiment: a\ndata: {name: cifar10}\nruns:\n  - name: a\n"
                               "    training: {select: last}\n    network:\n";
    char *text = mem_alloc(sizeof head + layer_text_size(onnx->list), 1, "text");
    struct experiment experiment;
    struct error err;
    strcpy(text, head);
    layer_text_print(onnx->list, 6, text + sizeof head - 1);
    fuzz_clear(&err);
    if (experiment_parse(&experiment, "onnx", text, strlen(text), (struct experiment_overrides){0},
                         &err)) {
        const struct layer_list *list = experiment.runs[0].settings.network.layers;
        fuzz_need(list->count == onnx->list->count, "%d layers, not %d", list->count,
                  onnx->list->count);
        for (int i = 0; i < list->count; i++)
            fuzz_need(list->layer[i].kind == onnx->list->layer[i].kind, "layer %d differs", i);
        fill(onnx, list);
    } else {
        fuzz_need_line(&err);
    }
    experiment_free(&experiment);
    mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct onnx_network onnx;
    struct error err;
    if (!*file.path)
        fuzz_file_create(&file);
    fuzz_file_fill(&file, data, size);
    fuzz_clear(&err);
    if (onnx_network_read(&onnx, file.path, &err)) {
        print_and_read(&onnx);
        onnx_network_free(&onnx);
    } else {
        fuzz_need_line(&err);
    }
    fuzz_need_no_blocks();
    return 0;
}
