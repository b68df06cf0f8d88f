/* The manual, from the tables that parse: commands, their options, the settings of experiments. */
#ifndef RESLICE_CLI_MANUAL_H
#define RESLICE_CLI_MANUAL_H

enum manual_format {
    MANUAL_MAN,      /* reslice.1, for man */
    MANUAL_MARKDOWN, /* one page */
    MANUAL_BASH,     /* completion for bash */
    MANUAL_FORMATS
};

/* MANUAL_FORMATS when there is none of this name. */
enum manual_format manual_find(const char *name);

/* Prints to standard output, on rank 0. */
void manual_print(enum manual_format format);

#endif
