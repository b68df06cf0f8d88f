/* Prints a libFuzzer dictionary for experiment files, from the option table: sections, keys, the
 * words of choices, defaults, and what else stands in such a file. */
#include <stdio.h>
#include <string.h>

#include "settings/options.h"

static void print_words(const char *list)
{
    for (const char *word = list; *word; word += strspn(word, ", ")) {
        const int length = (int)strcspn(word, ",");
        printf("\"%.*s\"\n", length, word);
        word += length;
    }
}

int main(void)
{
    static const char *const others[] = {
        "experiment: ", "runs:", "name: ", "from: ", "matrix: ", "--set ",
        "\\x0a  - ",    ": [",   ", ",     "{",      "}",        "]",
        "&a ",          "*a",    "1e-05",  "|",      "\\x0a---"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        printf("\"%s\"\n", others[i]);
    for (size_t i = 0; i < options_count; i++) {
        const struct option_entry *entry = &options_table[i];
        const char *dot = strchr(entry->path, '.');
        printf("\"%s\"\n\"%s: %s\"\n", entry->path, dot ? dot + 1 : entry->path, entry->standard);
        if (dot)
            printf("\"%.*s: {\"\n", (int)(dot - entry->path), entry->path);
        char allowed[256];
        option_allowed(entry, allowed, sizeof allowed);
        if (entry->choices || entry->names || entry->type == OPTION_BOOLEAN)
            print_words(allowed);
        else
            printf("\"%.0f\"\n\"%.0f\"\n", entry->min, entry->max);
    }
    return 0;
}
