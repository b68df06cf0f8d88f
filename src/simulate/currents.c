#include "simulate/currents.h"

#include "base/comm.h"
#include "settings/crossbar_settings.h"
#include "simulate/work_line.h"

struct counting {
    struct simulation *currents;
    struct work_line line;
};

static void count_block(void *context, const struct network *net, const struct pass *pass)
{
    struct counting *counting = context;
    simulation_observe(counting->currents, net, pass);
    const size_t left = counting->line.total - counting->line.done;
    const size_t done = pass->samples * (size_t)comm_size(); /* other ranks are about as far */
    work_line_advance(&counting->line, done < left ? done : left);
}

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
    struct counting counting = {.currents = currents};
    job.observe = count_block;
    job.context = &counting;
    work_line_start(&counting.line, "currents: test sample", samples);
    if (evaluate(&job).is_stopped)
        return false;
    simulation_reduce(currents);
    return true;
}
