#include "cli/bench_steps.h"

#include "base/mem.h"
#include "base/rng.h"
#include "data/augment.h"

enum { INTERVAL = 4 }; /* steps between looks at the clock */

void bench_fill(struct step *step, size_t m)
{
    struct tensor *input = step->net->input;
    const struct share mine = step_share(step, m);
    const struct rng_key key = {1, RNG_BENCH, 0};
    for (size_t i = 0; i < mine.count; i++) {
        const uint64_t sample = mine.first + i;
        for (size_t k = 0; k < input->size; k++)
            input->value[i * input->stride + k] = (float)rng_normal(key, sample * input->size + k);
        step->label[i] = (uint16_t)(sample % step->net->logits->size);
    }
}

/* Reductions since `before`. */
static struct comm_traffic traffic_since(struct comm_traffic before)
{
    struct comm_traffic now = comm_traffic();
    for (int i = 0; i < before.sizes; i++)
        now.size[i].calls -= before.size[i].calls;
    return now;
}

/* Seconds without communication since the times were cleared. */
static double compute_s(const struct step *step)
{
    double sum_s = 0.0;
    for (int p = 0; p < STEP_PARTS; p++)
        sum_s += p == STEP_REDUCE ? 0.0 : step->time_s[p];
    return sum_s;
}

/* INTERVAL steps; the mean time of one if it is the least so far. */
static bool run_interval(struct step *step, size_t m, struct bench_figures *figures)
{
    const double before_s = compute_s(step);
    struct step_result result;
    for (int i = 0; i < INTERVAL; i++)
        if (!step_run(step, m, 0.01, &result))
            return false;
    const double mean_s = (compute_s(step) - before_s) / INTERVAL;
    if (figures->steps == 0.0 || mean_s < figures->least_s)
        figures->least_s = mean_s;
    figures->steps += INTERVAL;
    return true;
}

bool bench_steps(struct step *step, size_t m, double seconds, struct bench_figures *figures)
{
    if (!run_interval(step, m, figures)) /* to warm up */
        return false;
    *figures = (struct bench_figures){0};
    for (int p = 0; p < STEP_PARTS; p++)
        step->time_s[p] = 0.0;
    const size_t syncs = comm_sync_count(), bytes = comm_sync_bytes();
    const struct comm_traffic traffic = comm_traffic();
    const double start_s = comm_time_s();
    int go_on = 1;
    while (go_on) { /* rank 0 decides when time is up */
        if (!run_interval(step, m, figures))
            return false;
        go_on = comm_time_s() - start_s < seconds;
        comm_broadcast(&go_on, sizeof go_on);
    }
    figures->time_s = comm_time_s() - start_s;
    const size_t intervals = (size_t)figures->steps / INTERVAL;
    figures->syncs = comm_sync_count() - syncs - (comm_size() > 1 ? intervals : 0);
    figures->sync_bytes = comm_sync_bytes() - bytes;
    figures->traffic = traffic_since(traffic);
    for (int p = 0; p < STEP_PARTS; p++)
        figures->part_s[p] = step->time_s[p];
    return true;
}

double bench_compute_s(const struct bench_figures *figures)
{
    const uint64_t mine = (uint64_t)(1e12 * figures->least_s);
    uint64_t *all = MEM_NEW(uint64_t, comm_size()), most = 0;
    comm_gather_u64(&mine, 1, all);
    for (int r = 0; r < comm_size(); r++)
        most = all[r] > most ? all[r] : most;
    mem_free(all);
    return 1e-12 * (double)most;
}

/* ---- loading ---- */

/* As many images as caches do not hold, bytes, but not more than so many; batches that are loaded. */
enum { IMAGE_BYTES = 64 << 20, IMAGES_MOST = 16384, LOADS = 8 };

void bench_images(struct dataset *set, const struct model_spec *spec, size_t count)
{
    *set = (struct dataset){
        .channels = spec->channels,
        .height = spec->height,
        .width = spec->width,
        .classes = spec->classes,
        .std = {0.25F, 0.25F, 0.25F}
    };
    const size_t bytes = count * dataset_sample_size(set);
    set->train = (struct dataset_part){
        .count = count, .pixel = MEM_NEW(uint8_t, bytes), .label = MEM_NEW(uint16_t, count)};
    for (size_t i = 0; i < bytes; i++)
        set->train.pixel[i] = (uint8_t)(i * 2654435761U >> 24);
}

double bench_load_s(struct step *step, size_t m, const struct model_spec *spec)
{
    const struct rng_key key = {2, RNG_BENCH, 0};
    struct dataset set;
    const bool in_colour = spec->channels == 3;
    const struct augmentation augmentation = {.flip = in_colour, .crop = in_colour ? 4 : 0};
    const struct share mine = step_share(step, m);
    const size_t pixels = (size_t)(spec->channels * spec->height * spec->width);
    const size_t images =
        IMAGE_BYTES / pixels < IMAGES_MOST ? IMAGE_BYTES / pixels + 1 : IMAGES_MOST;
    uint32_t *order = MEM_NEW(uint32_t, images), *index = MEM_NEW(uint32_t, mine.count);
    struct step_result result;
    double least_s = 0.0;
    bench_images(&set, spec, images);
    rng_permutation(key, order, (uint32_t)images);
    for (size_t i = 0; i < LOADS; i++) {
        for (size_t k = 0; k < mine.count; k++) /* a batch may be larger than the set */
            index[k] = order[(i * m + mine.first + k) % images];
        const double start_s = comm_time_s();
        augment_batch(&set, &set.train, index, mine.count, step->net->input->value,
                      step->net->input->stride, &augmentation);
        const double time_s = comm_time_s() - start_s;
        least_s = i == 0 || time_s < least_s ? time_s : least_s;
        if (!step_run(step, m, 0.0, &result))
            break;
    }
    dataset_free(&set);
    mem_free(order);
    mem_free(index);
    return least_s;
}
