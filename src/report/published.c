#include "report/published.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 1024, FIELDS = BIT_SLICE_MAX + 3 };

/* Of a column: slice 0, 1, … or one of these. */
enum { PAPER = -3, RUN = -2, ACCURACY = -1 };

struct reading {
    const char *file;
    int line;
    struct error *err;
    int columns, column[FIELDS];
    struct published *published;
};

static bool refuse(const struct reading *r, const char *what, const char *value)
{
    return error_set(r->err, "%.400s:%d: %s: '%.60s'", r->file, r->line, what, value);
}

/* Cuts text at its commas, blanks around fields left out; -1 when there are too many. */
static int cut(char *text, char *field[FIELDS])
{
    int n = 0;
    for (char *next = text; next; n++) {
        if (n == FIELDS)
            return -1;
        char *comma = strchr(next, ',');
        if (comma)
            *comma = '\0';
        next += strspn(next, " \t");
        field[n] = next;
        for (size_t end = strlen(next); end > 0 && strchr(" \t", next[end - 1]); end--)
            next[end - 1] = '\0';
        next = comma ? comma + 1 : NULL;
    }
    return n;
}

static bool read_column(struct reading *r, const char *name)
{
    int *column = &r->column[r->columns];
    if (strcmp(name, "paper") == 0)
        *column = PAPER;
    else if (strcmp(name, "run") == 0)
        *column = RUN;
    else if (strcmp(name, "accuracy") == 0)
        *column = ACCURACY;
    else if (name[0] == 'B' && name[1] >= '0' && name[1] < '0' + BIT_SLICE_MAX && !name[2])
        *column = name[1] - '0';
    else
        return refuse(r, "no column; allowed: paper, run, accuracy, B7 .. B0", name);
    for (int c = 0; c < r->columns; c++)
        if (r->column[c] == *column)
            return refuse(r, "a column for the second time", name);
    if (*column >= r->published->slices)
        r->published->slices = *column + 1;
    r->columns++;
    return true;
}

static bool read_header(struct reading *r, char *field[FIELDS], int n)
{
    bool has_run = false, has_paper = false;
    for (int f = 0; f < n; f++) {
        if (!read_column(r, field[f]))
            return false;
        has_run |= r->column[f] == RUN;
        has_paper |= r->column[f] == PAPER;
    }
    return has_run && has_paper ? true : refuse(r, "the first line must name", "paper and run");
}

static bool read_percent(const struct reading *r, const char *text, double *value)
{
    char *end;
    if (!*text)
        return true;
    *value = strtod(text, &end);
    return *end == '\0' && *value >= 0.0 && *value <= 100.0 ? true
                                                            : refuse(r, "no percentage", text);
}

static bool read_row(struct reading *r, char *field[FIELDS], int n)
{
    struct published *p = r->published;
    if (n != r->columns)
        return refuse(r, "not as many fields as the first line has columns, behind", field[n - 1]);
    if (p->rows == PUBLISHED_ROWS)
        return refuse(r, "more rows than 256", field[0]);
    struct published_row *row = &p->row[p->rows++];
    *row = (struct published_row){.accuracy = NAN};
    for (int k = 0; k < BIT_SLICE_MAX; k++)
        row->nonzero[k] = NAN;
    for (int f = 0; f < n; f++) {
        const int column = r->column[f];
        char *words = column == PAPER ? row->paper : row->run;
        if (column <= RUN && strlen(field[f]) >= PUBLISHED_WORDS)
            return refuse(r, "a name of more than 127 bytes", field[f]);
        if (column <= RUN)
            snprintf(words, PUBLISHED_WORDS, "%s", field[f]);
        else if (!read_percent(r, field[f],
                               column == ACCURACY ? &row->accuracy : &row->nonzero[column]))
            return false;
    }
    error_clean(row->paper);
    error_clean(row->run);
    return row->run[0] ? true : refuse(r, "a row without a run", row->paper);
}

static bool read_lines(struct reading *r, FILE *stream)
{
    char line[LINE], *field[FIELDS];
    for (r->line = 1; fgets(line, sizeof line, stream); r->line++) {
        if (!strchr(line, '\n') && !feof(stream))
            return refuse(r, "a line of more than 1022 bytes", line);
        line[strcspn(line, "#\r\n")] = '\0';
        if (line[strspn(line, " \t")] == '\0')
            continue;
        const int n = cut(line, field);
        if (n < 0)
            return refuse(r, "more fields than there are columns", line);
        if (!(r->columns == 0 ? read_header(r, field, n) : read_row(r, field, n)))
            return false;
    }
    if (ferror(stream))
        return error_set(r->err, "%.400s: cannot be read: %s", r->file, strerror(errno));
    return r->published->rows > 0 ||
           error_set(r->err, "%.400s: no rows of published figures", r->file);
}

bool published_read(struct published *published, const char *file, struct error *err)
{
    struct reading r = {.file = file, .err = err, .published = published};
    FILE *stream = fopen(file, "r");
    published->slices = 0;
    published->rows = 0;
    if (!stream)
        return error_set(err, "%.400s: cannot be read: %s", file, strerror(errno));
    const bool fine = read_lines(&r, stream);
    fclose(stream);
    return fine;
}
