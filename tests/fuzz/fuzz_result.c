/* What reads result files: reports, the state of a parent run, weights to import, the check
 * whether a run is done.
 *
 * Input: a byte that chooses the format of the report, then changes to a right result file
 * (result_file.h). What the readers take out of it is used as the program would: tables are
 * printed, the network computes.
 */
#define _POSIX_C_SOURCE 200809L
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "nn/models.h"
#include "report/report.h"
#include "result/import_weights.h"
#include "result/result.h"
#include "result_file.h"
#include "settings/option_value.h"
#include "store/store.h"

enum { FILE_BYTES = 1 << 16, SAMPLES = 2 };

static struct fuzz_file file;
static uint8_t right[FILE_BYTES]; /* the file before changes */
static size_t right_size;
static struct experiment_run run, parent = {.name = RESULT_PARENT};

/* Objects that HDF5 holds for us: none may be left open. */
static int64_t open_objects(void)
{
    static const H5I_type_t kinds[] = {H5I_FILE,    H5I_GROUP, H5I_DATATYPE,   H5I_DATASPACE,
                                       H5I_DATASET, H5I_ATTR,  H5I_GENPROP_LST};
    int64_t sum = 0;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        hsize_t count = 0;
        H5Inmembers(kinds[k], &count);
        sum += (int64_t)count;
    }
    return sum;
}

static void read_report(enum table_format format)
{
    const char *const twice[] = {file.path, file.path};
    struct error err;
    fuzz_clear(&err);
    if (!report_print(twice, 2, 0, NULL, format, &err))
        fuzz_need_line(&err);
}

static void build_network(struct network *net)
{
    static const size_t hidden[] = {RESULT_HIDDEN};
    const struct model_spec spec = {.model = "mlp",
                                    .hidden = hidden,
                                    .hidden_count = 1,
                                    .channels = 1,
                                    .height = 2,
                                    .width = RESULT_INPUTS / 2,
                                    .classes = RESULT_CLASSES,
                                    .capacity = SAMPLES};
    model_build(net, &spec);
    parameters_initialise(&net->params, 1);
}

static void read_state(void)
{
    struct network net;
    struct error err;
    build_network(&net);
    fuzz_clear(&err);
    const struct pass pass = {.quantise = true, .bits = 8, .samples = SAMPLES};
    if (!result_load_network(file.path, &net, &err))
        fuzz_need_line(&err);
    else if (network_prepare(&net, &pass))
        network_forward(&net, &pass);
    network_destroy(&net);
}

/* As weights: whatever else is in a file is ignored, so it may do. */
static void read_weights(void)
{
    struct network net;
    struct error err;
    build_network(&net);
    fuzz_clear(&err);
    if (!import_weights_load(&net, file.path, &err))
        fuzz_need_line(&err);
    network_destroy(&net);
}

static void check_run(void)
{
    struct error err;
    fuzz_clear(&err);
    const struct judgement it = judge(&(struct judge_question){file.path, &run, &parent, 0});
    if (it.state != JUDGE_COMPLETE) {
        err = it.why;
        fuzz_need_line(&err);
    }
}

static void start(void)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    fuzz_file_create_named(&file);
    option_values_default(&run.settings);
    result_file_write(file.path, &run.settings);
    const ssize_t size = pread(file.fd, right, sizeof right, 0);
    fuzz_need(size > 0 && size < (ssize_t)sizeof right, "result file of %zd bytes", size);
    right_size = (size_t)size;

    struct error err = {.text = ""};
    const char *const once[] = {file.path};
    fuzz_need(report_print(once, 1, 0, NULL, TABLE_CSV, &err), "the right file is refused: %s",
              err.text);
    const struct judgement it = judge(&(struct judge_question){file.path, &run, &parent, 0});
    fuzz_need(it.state == JUDGE_COMPLETE, "the right run is refused: %s", it.why.text);
    struct network net;
    build_network(&net);
    fuzz_need(result_load_network(file.path, &net, &err), "the right state is refused: %s",
              err.text);
    network_destroy(&net);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes bytes = {data, size};
    if (right_size == 0)
        start();
    const enum table_format format = (enum table_format)(fuzz_take(&bytes) % TABLE_FORMATS);
    fuzz_file_fill(&file, right, right_size);
    result_file_change(file.path, &bytes);
    const int64_t before = open_objects();
    read_report(format);
    read_state();
    read_weights();
    check_run();
    fuzz_need(open_objects() == before, "HDF5 objects are left open");
    fuzz_need_no_blocks();
    return 0;
}
