#include "nn/optimizer.h"

#include <math.h>
#include <string.h>

void sgd_step(struct parameters *params, struct sgd sgd, double rate)
{
    const float mu = (float)sgd.momentum, decay = (float)sgd.weight_decay, lr = (float)rate;
    const uint8_t *restrict mask = params->mask;
    const float *restrict gradient = params->gradient;
    float *restrict value = params->value, *restrict momentum = params->momentum;
    for (size_t i = 0; i < params->size; i++) {
        const float g = mask[i] ? gradient[i] + decay * value[i] : 0.0f;
        const float m = mu * momentum[i] + g;
        momentum[i] = m;
        value[i] -= lr * (sgd.nesterov ? g + mu * m : m);
    }
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

bool schedule_is_known(const char *name)
{
    return find_schedule(name) >= 0;
}

double schedule_rate(const struct schedule *schedule, double progress)
{
    return schedules[find_schedule(schedule->name)].rate(schedule, progress);
}
