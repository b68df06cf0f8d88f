#include "report/page_svg.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "table/text.h"

/* The file as a string, to be freed with mem_free; NULL with a line. */
static char *read_text(const char *path, struct error *err)
{
    FILE *file = fopen(path, "rb");
    long bytes = -1;
    if (file && fseek(file, 0, SEEK_END) == 0)
        bytes = ftell(file);
    char *text = bytes >= 0 ? mem_alloc((size_t)bytes + 1, 1, "picture") : NULL;
    if (!text || fseek(file, 0, SEEK_SET) != 0 ||
        fread(text, 1, (size_t)bytes, file) != (size_t)bytes) {
        error_set(err, "file '%s': %s", path, strerror(errno));
        mem_free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

/* Length of the first of these at `text` behind which a name of the picture stands, or 0. */
static size_t name_follows(const char *text)
{
    static const char *const before[] = {" id=\"", " id='", "href='#", "href=\"#", "url(#"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        if (strncmp(text, before[i], strlen(before[i])) == 0)
            return strlen(before[i]);
    return 0;
}

/* Only the first of the titles has something to say; the others are gnuplot's names of lines. */
static const char *put_title(FILE *out, const char *text, const char **title)
{
    const char *end = strstr(text, "</title>");
    if (*title) {
        fputs("<title>", out);
        text_put_html(out, *title);
        fputs("</title>", out);
        *title = NULL;
    }
    return end ? end + strlen("</title>") : text + strlen(text);
}

bool page_put_svg(FILE *out, const char *path, const char *prefix, const char *title,
                  struct error *err)
{
    char *text = read_text(path, err);
    if (!text)
        return false;
    const char *next = strstr(text, "<svg");
    const bool is_svg = next != NULL;
    while (next && *next) {
        const size_t length = name_follows(next);
        if (strncmp(next, "<title>", 7) == 0) {
            next = put_title(out, next, &title);
        } else if (length > 0) {
            fprintf(out, "%.*s%s", (int)length, next, prefix);
            next += length;
        } else {
            fputc(*next++, out);
        }
    }
    mem_free(text);
    return is_svg ? true : error_set(err, "file '%s': gnuplot has written no picture", path);
}
