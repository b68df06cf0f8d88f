#include "simulate/device_runs.h"

#include <math.h>

#include "base/mem.h"

static void program(struct inference *inference, const struct device *device)
{
    const struct simulation *simulation = inference->simulation;
    for (int l = 0; l < simulation->layers; l++)
        inference->device[l] = device_program(&simulation->layer[l].crossbar, device, (uint32_t)l);
}

static void erase(struct inference *inference)
{
    for (int l = 0; l < inference->simulation->layers; l++) {
        device_free(inference->device[l]);
        inference->device[l] = NULL;
    }
}

void device_runs_create(struct device_runs *runs, struct trials *trials,
                        struct device_settings settings)
{
    const size_t n = trials->assignments;
    struct device device = settings.device;
    struct evaluate_job job = trials->test;
    *runs = (struct device_runs){.settings = settings, .assignments = trials->assignments};
    runs->ideal = MEM_NEW(double, n);
    runs->accuracy = MEM_NEW(double, n *settings.seeds);
    job.count = settings.samples;
    const uint64_t macs = trials->inference->macs; /* the speed of devices is not counted */
    const double time_s = trials->inference->time_s;
    const size_t simulations = trials->simulations;
    work_line_start(&trials->line, "ideal devices", n);
    for (size_t a = 0; a < runs->assignments; a++) {
        trials_use(trials, trials->assignment[a].bits);
        runs->ideal[a] = trials_run(trials, job).accuracy;
    }
    work_line_start(&trials->line, "devices", n * settings.seeds);
    for (size_t s = 0; s < settings.seeds; s++, device.seed++) {
        program(trials->inference, &device);
        for (size_t a = 0; a < runs->assignments; a++) {
            trials_use(trials, trials->assignment[a].bits);
            runs->accuracy[a * settings.seeds + s] = trials_run(trials, job).accuracy;
        }
        erase(trials->inference);
    }
    trials->inference->macs = macs;
    trials->inference->time_s = time_s;
    trials->simulations = simulations;
}

void device_runs_destroy(struct device_runs *runs)
{
    mem_free(runs->ideal);
    mem_free(runs->accuracy);
    *runs = (struct device_runs){0};
}

double device_runs_mean(const struct device_runs *runs, size_t assignment)
{
    const size_t seeds = runs->settings.seeds;
    double sum = 0;
    for (size_t s = 0; s < seeds; s++)
        sum += runs->accuracy[assignment * seeds + s];
    return sum / (double)seeds;
}

double device_runs_deviation(const struct device_runs *runs, size_t assignment)
{
    const size_t seeds = runs->settings.seeds;
    const double mean = device_runs_mean(runs, assignment);
    double squares = 0;
    for (size_t s = 0; s < seeds; s++) {
        const double distance = runs->accuracy[assignment * seeds + s] - mean;
        squares += distance * distance;
    }
    return seeds > 1 ? sqrt(squares / (double)(seeds - 1)) : NAN;
}

double device_runs_worst_drop(const struct device_runs *runs, struct crossbar_format format)
{
    const struct device *device = &runs->settings.device;
    const double top = (1 << format.cell_bits) - 1, rows = format.rows;
    const double on = device->on_off > 1 ? top * device->on_off / (device->on_off - 1) : top;
    return device->wire * on * rows * (rows + 1) / 2;
}
