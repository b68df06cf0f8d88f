#include "train/progress.h"

#include <math.h>
#include <stdio.h>

#include "base/comm.h"
#include "base/log.h"

enum { LINE = 256 };

void progress_duration(char *text, size_t size, double seconds)
{
    const long s = (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(text, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(text, size, "%ld:%02ld", s / 60, s % 60);
}

/* "non-zero B3 0.7 B2 5.1 B1 7.2 B0 6.9 %": the most significant slice first, as in the papers. */
static void format_slices(char *text, size_t size, const struct history_row *row, int slices)
{
    size_t used = (size_t)snprintf(text, size, "non-zero");
    for (int k = slices - 1; k >= 0 && used < size; k--)
        used += (size_t)snprintf(text + used, size - used, " B%d %.2f", k, 100.0 * row->nonzero[k]);
    if (used < size)
        snprintf(text + used, size - used, " %%");
}

void progress_start(struct progress *progress, const struct training *t)
{
    const struct settings *s = &t->run->settings;
    char from[EXPERIMENT_NAME + 16] = "", penalty[96] = "", pruned[64] = "";
    if (t->run->parent >= 0)
        snprintf(from, sizeof from, " from %s", t->experiment->runs[t->run->parent].name);
    if (t->step.penalty)
        snprintf(penalty, sizeof penalty, ", %s alpha %g", s->penalty.name, s->penalty.alpha);
    if (s->prune.threshold > 0.0)
        snprintf(pruned, sizeof pruned, ", %.1f %% pruned below %g",
                 100.0 * (double)t->pruned / (double)t->net.params.scalars, s->prune.threshold);
    log_info("%s/%s%s: %lld epochs of %zu samples%s%s; %d rank%s, %lld shards", t->experiment->name,
             t->run->name, from, (long long)s->epochs, t->train_count, penalty, pruned, comm_size(),
             comm_size() == 1 ? "" : "s", (long long)s->training.shards);
    *progress = (struct progress){.training = t};
}

enum { BAR = 10 };

static void format_bar(char bar[BAR + 1], double done)
{
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(BAR * done) ? '#' : '.';
    bar[BAR] = '\0';
}

/* Slices of the last epoch, most significant first: "non-zero 0.7 5.1 7.2 6.9 %". */
static void format_slices_short(char *text, size_t size, const struct history_row *row, int slices)
{
    size_t used = (size_t)snprintf(text, size, "non-zero");
    for (int k = slices - 1; k >= 0 && used < size; k--)
        used += (size_t)snprintf(text + used, size - used, " %.1f", 100.0 * row->nonzero[k]);
    if (used < size)
        snprintf(text + used, size - used, " %%");
}

void progress_step(struct progress *progress)
{
    const struct training *t = progress->training;
    const double now_s = comm_time_s(), samples = (double)t->at.samples;
    if (!log_is_terminal() || now_s - progress->shown_s < 0.1)
        return;
    progress->shown_s = now_s;
    const double epochs = (double)t->run->settings.epochs;
    const double done = ((double)t->at.epoch - 1.0 + samples / (double)t->train_count) / epochs;
    char bar[BAR + 1], left[32], slices[LINE];
    format_bar(bar, done);
    progress_duration(left, sizeof left, (now_s - t->start_s) * (1.0 - done) / done);
    format_slices_short(slices, sizeof slices, &t->history.row[t->at.epoch - 1],
                        bit_slice_count(t->format));
    log_status("%s %.0f %% %s left, epoch %zu/%.0f loss %.3f %.2f %% %s", bar, 100.0 * done, left,
               t->at.epoch, epochs, t->at.loss / samples, 100.0 * (double)t->at.correct / samples,
               slices);
}

void progress_epoch(const struct progress *progress)
{
    const struct training *t = progress->training;
    const struct history_row *row = &t->history.row[t->at.epoch];
    char slices[LINE], train[64] = "", validation[64] = "", time[32];
    if (!isnan(row->value[HISTORY_TRAIN_LOSS]))
        snprintf(train, sizeof train, "  loss %.4f  train %.2f", row->value[HISTORY_TRAIN_LOSS],
                 100.0 * row->value[HISTORY_TRAIN_ACCURACY]);
    if (!isnan(row->value[HISTORY_VALIDATION_ACCURACY]))
        snprintf(validation, sizeof validation, "  validation %.2f",
                 100.0 * row->value[HISTORY_VALIDATION_ACCURACY]);
    format_slices(slices, sizeof slices, row, bit_slice_count(t->format));
    progress_duration(time, sizeof time, comm_time_s() - t->start_s);
    log_info("epoch %3zu/%lld%s%s  test %.2f %%  %s  %s", t->at.epoch,
             (long long)t->run->settings.epochs, train, validation,
             100.0 * row->value[HISTORY_TEST_ACCURACY], slices, time);
}
