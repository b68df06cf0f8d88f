/* The manual, from the tables that parse: commands, their options, the settings of experiments. */
#ifndef RESLICE_CLI_MANUAL_H
#define RESLICE_CLI_MANUAL_H

enum manual_format {
    MANUAL_MAN,      /* reslice.1, for man */
    MANUAL_MARKDOWN, /* one page */
    MANUAL_BASH,     /* completion for bash */
    MANUAL_FORMATS
};

/* The format "man", "markdown" or "bash"; MANUAL_FORMATS when there is none of this name. Not
 * collective. */
enum manual_format manual_find(const char *name);

/* Prints the whole manual on standard output. For rank 0: not collective. */
void manual_print(enum manual_format format);

#endif
