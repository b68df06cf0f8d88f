/* The line that says how far long work on crossbars is: rewritten in place on a terminal, and now and
 * then a line of its own in a log: "search 41/166, 0:12 left". */
#ifndef RESLICE_SIMULATE_WORK_LINE_H
#define RESLICE_SIMULATE_WORK_LINE_H

#include <stddef.h>

enum { WORK_LINE_TEXT = 96 };

struct work_line {
    const char *what; /* "search"; not owned */
    size_t done;
    size_t total;                 /* 0: unknown */
    double part;                  /* of the one that is being done, 0..1 */
    double start_s, shown_s;      /* comm_time_s */
    size_t part_done, part_total; /* samples of the one that is being done */
};

/* Begins a piece of work of so many equal parts. Rank 0 speaks, at most ten times a second, or in a log
 * once a minute, also from one piece of work to the next. Not collective. */
void work_line_start(struct work_line *line, const char *what, size_t total);

/* So many more parts are done. Not collective. */
void work_line_advance(struct work_line *line, size_t parts);

/* The next part begins, which has so many samples. Not collective. */
void work_line_begin_part(struct work_line *line, size_t samples);

/* So many more samples of the part are done. Not collective. */
void work_line_samples(struct work_line *line, size_t samples);

/* So many parts are left: where it shows only on the way how many there are. Not collective. */
void work_line_left(struct work_line *line, size_t parts);

/* Clears the line on a terminal, for output that log_info does not print. Not collective. */
void work_line_clear(void);

/* The words at a time (comm_time_s) into text, which is returned. Pure. */
const char *work_line_text(const struct work_line *line, double now_s, char text[WORK_LINE_TEXT]);

#endif
