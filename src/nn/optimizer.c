#include "nn/optimizer.h"

#include <math.h>
#include <string.h>

#include "base/names.h"
#include "nn/kernels.h"

void sgd_step_part(struct parameters *params, const float *gradient, struct sgd sgd, double rate,
                   size_t first, size_t n)
{
    const struct sgd_spec spec = {(float)rate, (float)sgd.momentum, (float)sgd.weight_decay,
                                  sgd.nesterov};
    nn_kernels()->sgd(params->value + first, params->momentum + first, gradient,
                      params->mask + first, n, spec);
}

void sgd_step(struct parameters *params, struct sgd sgd, double rate)
{
    sgd_step_part(params, params->gradient, sgd, rate, 0, params->size);
}

static double half_cosine(double from, double to, double t)
{
    return to + (from - to) * 0.5 * (1.0 + cos(3.14159265358979323846 * t));
}

static double constant_rate(const struct schedule *s, double progress)
{
    (void)progress;
    return s->rate;
}

static double step_rate(const struct schedule *s, double progress)
{
    return s->rate * pow(s->step_factor, floor(floor(progress) / (double)s->step_epochs));
}

static double cosine_rate(const struct schedule *s, double progress)
{
    return half_cosine(s->rate, 0.0, progress / (double)s->epochs);
}

static double one_cycle_rate(const struct schedule *s, double progress)
{
    const double t = progress / (double)s->epochs, start = s->rate / 25.0, end = start / 1e4;
    if (t < s->warmup)
        return half_cosine(start, s->rate, t / s->warmup);
    return half_cosine(s->rate, end, (t - s->warmup) / (1.0 - s->warmup));
}

static const struct {
    const char *name;
    double (*rate)(const struct schedule *, double progress);
} schedules[] = {
    {"constant",  constant_rate },
    {"step",      step_rate     },
    {"cosine",    cosine_rate   },
    {"one-cycle", one_cycle_rate},
};

enum { SCHEDULES = sizeof schedules / sizeof schedules[0] };

static int find_schedule(const char *name)
{
    for (int i = 0; i < SCHEDULES; i++)
        if (strcmp(schedules[i].name, name) == 0)
            return i;
    return -1;
}

const char *schedule_names(void)
{
    static char names[256];
    names[0] = '\0';
    for (int i = 0; i < SCHEDULES; i++)
        names_append(names, sizeof names, schedules[i].name);
    return names;
}

double schedule_rate(const struct schedule *schedule, double progress)
{
    return schedules[find_schedule(schedule->name)].rate(schedule, progress);
}
