#include "simulate/work_line.h"

#include <stdio.h>
#include <string.h>

#include "base/comm.h"
#include "base/log.h"
#include "train/progress.h"

static const double TERMINAL_S = 0.1, LOG_S = 60;

const char *work_line_text(const struct work_line *line, double now_s, char text[WORK_LINE_TEXT])
{
    const double done = (double)line->done + line->part, total = (double)line->total;
    char left[32];
    int used = snprintf(text, WORK_LINE_TEXT, "%s %zu", line->what, line->done);
    if (line->total == 0)
        return text;
    used += snprintf(text + used, WORK_LINE_TEXT - (size_t)used, "/%zu", line->total);
    if (done > 0 && done <= total) {
        progress_duration(left, sizeof left, (now_s - line->start_s) * (total - done) / done);
        snprintf(text + used, WORK_LINE_TEXT - (size_t)used, ", %s left", left);
    }
    return text;
}

static void show(struct work_line *line)
{
    const double now_s = comm_time_s();
    const bool on_terminal = log_is_terminal();
    char text[WORK_LINE_TEXT];
    if (now_s - line->shown_s < (on_terminal ? TERMINAL_S : LOG_S))
        return;
    line->shown_s = now_s;
    work_line_text(line, now_s, text);
    if (on_terminal)
        log_status("%s", text);
    else
        log_info("%s", text);
}

void work_line_start(struct work_line *line, const char *what, size_t total)
{
    const double now_s = comm_time_s();
    const double shown_s = line->shown_s > 0 ? line->shown_s : now_s;
    *line = (struct work_line){.what = what, .total = total, .start_s = now_s, .shown_s = shown_s};
}

void work_line_begin_part(struct work_line *line, size_t samples)
{
    line->part = 0;
    line->part_done = 0;
    line->part_total = samples;
    show(line);
}

void work_line_samples(struct work_line *line, size_t samples)
{
    line->part_done += samples;
    line->part = line->part_total > 0 ? (double)line->part_done / (double)line->part_total : 0;
    show(line);
}

void work_line_advance(struct work_line *line, size_t parts)
{
    line->done += parts;
    line->part = 0;
    show(line);
}

void work_line_left(struct work_line *line, size_t parts)
{
    line->total = line->done + parts;
}

void work_line_clear(void)
{
    log_status("%s", "");
}
