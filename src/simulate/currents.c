#include "simulate/currents.h"

#include "settings/crossbar_settings.h"

bool currents_count(struct simulation *currents, struct training *t)
{
    const struct settings *s = &t->run->settings;
    const size_t wanted = (size_t)s->crossbar.samples;
    const size_t samples = wanted > 0 && wanted < t->test_count ? wanted : t->test_count;
    *currents = (struct simulation){0};
    if (!s->fixed_point.quantise)
        return true;
    struct evaluate_job job = training_evaluation(t, &t->set.test, 0, samples);
    simulation_create(currents, &t->net, settings_crossbar_format(s), READOUT_DIFFERENTIAL);
    job.observe = simulation_observe;
    job.context = currents;
    if (evaluate(&job).is_stopped)
        return false;
    simulation_reduce(currents);
    return true;
}
