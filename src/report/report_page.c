#define _POSIX_C_SOURCE 200809L
#include "report/report_page.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "report/figures.h"
#include "report/gnuplot.h"
#include "report/page_svg.h"
#include "report/tables.h"
#include "result/provenance.h"
#include "result/result.h"
#include "store/disk.h"
#include "store/folder.h"
#include "store/store.h"
#include "table/text.h"

enum { PAGE_PATH = 4096 };

/* Set for paper and screen alike: black on white, rules as in books, digits of one width. */
static const char style[] =
    "body{max-width:72rem;margin:2.5rem auto;padding:0 1.5rem;color:#1a1a1a;background:#fff;"
    "font:1rem/1.5 'Source Sans 3','Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}\n"
    "h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem}\n"
    "h2{font-size:1.3rem;margin:2.5rem 0 .6rem}\n"
    "h3{font-size:1.05rem;margin:1.6rem 0 .4rem}\n"
    ".about,.note,figcaption,.unit,.spread{color:#444}\n"
    ".note,figcaption{font-size:.85rem;max-width:58rem;margin:.4rem 0}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;"
    "border-top:2px solid #1a1a1a;border-bottom:2px solid #1a1a1a}\n"
    "th,td{padding:.25rem .6rem;text-align:left;vertical-align:bottom}\n"
    "thead th{border-bottom:1px solid #1a1a1a;line-height:1.25}\n"
    "tbody tr:nth-child(even){background:#f5f5f5}\n"
    ".number{text-align:right}\n"
    "td{white-space:nowrap}\n"
    ".unit{font-weight:normal;display:block}\n"
    ".mark{position:absolute}\n" /* digits stay below digits */
    "figure{margin:1.2rem 0 2rem;break-inside:avoid}\n"
    "figure svg{max-width:100%;height:auto}\n"
    "table.facts{border:0}\n"
    "table.facts th{font-weight:normal;color:#444;white-space:nowrap;vertical-align:top}\n"
    "table.facts td{overflow-wrap:anywhere;white-space:normal}\n"
    "pre{font-size:.8rem;line-height:1.35;white-space:pre-wrap}\n"
    "@media print{@page{margin:15mm}html{font-size:10pt}body{max-width:none;margin:0;padding:0}"
    "h2,h3,h2+.note{break-after:avoid}.wide{overflow:visible}table{font-size:7pt}"
    "th,td{padding:.1rem .25rem}tr{break-inside:avoid}"
    "table.facts{font-size:8pt}}\n";

struct page {
    FILE *out;
    const struct report *report;
    const struct figure *heading; /* of the figures so far */
    int figures;
};

/* ---- head ---- */

/* Every experiment once. */
static void put_experiments(const struct page *page)
{
    const struct report *report = page->report;
    for (size_t i = 0; i < report->results; i++) {
        bool is_new = true;
        for (size_t j = 0; j < i; j++)
            is_new &= strcmp(report->result[i].experiment, report->result[j].experiment) != 0;
        if (!is_new)
            continue;
        fputs(i > 0 ? ", " : "", page->out);
        text_put_html(page->out, report->result[i].experiment);
    }
}

static void put_head(const struct page *page)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
          page->out);
    put_experiments(page);
    fprintf(page->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>", style);
    put_experiments(page);
    fprintf(page->out,
            "</h1>\n<p class=\"about\">%zu run%s; written by reslice %s.</p>\n</header>\n",
            page->report->results, page->report->results == 1 ? "" : "s", provenance_version());
}

/* ---- figures ---- */

static bool put_figure(void *context, const struct figure_file *file, struct error *err)
{
    struct page *page = context;
    char path[PAGE_PATH], prefix[32], title[2 * REPORT_LABEL], label[REPORT_LABEL] = "";
    if (file->result)
        report_run_label(page->report, file->result, label);
    snprintf(path, sizeof path, "%s/%s.svg", file->folder, file->name);
    snprintf(prefix, sizeof prefix, "f%d-", ++page->figures);
    snprintf(title, sizeof title, "%s%s%s", file->figure->title, file->result ? ": " : "", label);
    if (page->heading != file->figure) {
        fputs("<h2>", page->out);
        text_put_html(page->out, file->figure->title);
        fputs("</h2>\n<p class=\"note\">", page->out);
        text_put_html(page->out, file->figure->caption);
        fputs("</p>\n", page->out);
        page->heading = file->figure;
    }
    if (file->result) {
        fputs("<h3>", page->out);
        text_put_html(page->out, label);
        fputs("</h3>\n", page->out);
    }
    fputs("<figure>\n", page->out);
    const bool fine = page_put_svg(page->out, path, prefix, title, err);
    fputs("</figure>\n", page->out);
    return fine;
}

static enum figures_state put_figures(struct page *page, const char *folder, struct error *err)
{
    if (gnuplot_is_there())
        return figures_draw(page->report, PLOT_SVG, folder, put_figure, page, err);
    log_warn("%s", gnuplot_missing);
    fputs("<h2>Figures</h2>\n<p>None: gnuplot was not there when this page was written.</p>\n",
          page->out);
    return FIGURES_FINE;
}

/* ---- provenance ---- */

static void put_fact(FILE *out, const char *name, const char *value)
{
    fprintf(out, "<tr><th scope=\"row\">%s</th><td>", name);
    text_put_html(out, value);
    fputs("</td></tr>\n", out);
}

/* Attributes of /provenance; older files lack some. */
static void put_facts(FILE *out, const struct store_file *file)
{
    static const struct {
        const char *attribute, *name;
    } texts[] = {
        {"reslice_version", "reslice"  },
        {"git_commit",      "commit"   },
        {"compiler",        "compiler" },
        {"flags",           "flags"    },
        {"mpi",             "MPI"      },
        {"hdf5",            "HDF5"     },
        {"blas",            "BLAS"     },
        {"simd",            "kernels"  },
        {"cpu",             "processor"},
        {"hosts",           "hosts"    },
        {"start",           "start"    },
    };
    static const char *const counts[] = {"ranks", "resumptions"};
    static const char group[] = "/provenance";
    char text[1024];
    struct error none;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *value = store_take_text(file, group, texts[i].attribute, &none);
        if (value) {
            error_clean(value);
            put_fact(out, texts[i].name, value);
        }
        mem_free(value);
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int64_t count;
        if (!store_get_integer(file, group, counts[i], &count, &none))
            continue;
        snprintf(text, sizeof text, "%lld", (long long)count);
        put_fact(out, counts[i], text);
    }
    double seconds;
    if (store_get_real(file, group, "seconds", &seconds, &none)) {
        snprintf(text, sizeof text, "%.1f s", seconds);
        put_fact(out, "time", text);
    }
}

/* Of imported weights: where they are from, and what they did in floating point. */
static void put_import(FILE *out, const struct store_file *file)
{
    static const char group[] = "/import";
    char text[1024];
    int64_t samples;
    double accuracy;
    struct error none;
    char *weights = store_has(file, group) ? store_take_text(file, group, "weights", &none) : NULL;
    if (!weights)
        return;
    error_clean(weights);
    put_fact(out, "imported from", weights);
    mem_free(weights);
    if (store_get_real(file, group, "float_test_accuracy", &accuracy, &none)) {
        snprintf(text, sizeof text, "%.2f %%", 100 * accuracy);
        put_fact(out, "test accuracy in floating point", text);
    }
    if (store_get_integer(file, group, "calibration_samples", &samples, &none)) {
        snprintf(text, sizeof text, "%lld training samples", (long long)samples);
        put_fact(out, "activation exponents from", text);
    }
}

static void put_config(FILE *out, const struct store_file *file)
{
    struct error none;
    char *config = store_take_text(file, "/", "config", &none);
    if (config) {
        fputs("<details><summary>settings</summary>\n<pre>", out);
        for (char *line = config; *line;) {
            char *end = line + strcspn(line, "\n");
            const bool is_last = *end == '\0';
            *end = '\0';
            error_clean(line);
            text_put_html(out, line);
            fputc('\n', out);
            line = is_last ? end : end + 1;
        }
        fputs("</pre></details>\n", out);
    }
    mem_free(config);
}

static bool put_provenance(const struct page *page, struct error *err)
{
    fputs("<h2>Provenance</h2>\n", page->out);
    for (size_t i = 0; i < page->report->results; i++) {
        const struct report_result *result = &page->report->result[i];
        char label[REPORT_LABEL], text[PAGE_PATH];
        struct store_file *file = store_open(result->path, err);
        if (!file)
            return false;
        report_run_label(page->report, result, label);
        fputs("<h3>", page->out);
        text_put_html(page->out, label);
        fputs("</h3>\n<table class=\"facts\"><tbody>\n", page->out);
        snprintf(text, sizeof text, "%s", result->path);
        error_clean(text);
        put_fact(page->out, "file", text);
        snprintf(text, sizeof text, "%lld", (long long)result->seed);
        put_fact(page->out, "seed", text);
        put_import(page->out, file);
        put_facts(page->out, file);
        fputs("</tbody></table>\n", page->out);
        put_config(page->out, file);
        store_close(file);
    }
    return true;
}

/* ---- all ---- */

static int put_all(struct page *page, unsigned tables, const char *path, struct error *err)
{
    char folder[PAGE_PATH];
    snprintf(folder, sizeof folder, "%s", path);
    put_head(page);
    report_put_tables(page->report, tables, TABLE_HTML, page->out);
    const enum figures_state state = put_figures(page, dirname(folder), err);
    if (state == FIGURES_ENVIRONMENT)
        return ERROR_STATUS_ENVIRONMENT;
    if (state == FIGURES_BAD_FILE || !put_provenance(page, err))
        return error_status(err);
    fputs("</body>\n</html>\n", page->out);
    return 0;
}

/* Looks at the name, and at what stands there: a rename would replace it. */
static bool can_write(const char *path, struct error *err)
{
    struct stat there;
    if (strlen(path) + sizeof ".part" > PAGE_PATH)
        return error_set(err, "--html: the name has more than %d bytes", PAGE_PATH - 6);
    if (path[strlen(path) - 1] == '/')
        return error_set(err, "--html: value '%s' is a folder; allowed: the file to write", path);
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return error_set(err, "--html: '%s' is there and no regular file", path);
    return true;
}

/* In memory first: a page that cannot be finished leaves no half of it, and a write says why it fails. */
static int write_page(const struct report *report, unsigned tables, const char *path,
                      struct error *err)
{
    if (!can_write(path, err))
        return ERROR_STATUS_USER;
    if (!disk_may_create(path, err) || !folder_make_for(path, err))
        return error_status(err);
    char *text = NULL;
    size_t bytes = 0;
    struct page page = {.out = open_memstream(&text, &bytes), .report = report};
    if (!page.out) {
        error_set_environment(err, "file '%s': %s", path, strerror(errno));
        return ERROR_STATUS_ENVIRONMENT;
    }
    int status = put_all(&page, tables, path, err);
    if (fclose(page.out) != 0 && status == 0) {
        error_set_environment(err, "file '%s': %s", path, strerror(ENOMEM));
        status = ERROR_STATUS_ENVIRONMENT;
    }
    if (status == 0 && !disk_replace(path, text, bytes, err))
        status = ERROR_STATUS_ENVIRONMENT;
    free(text);
    return status;
}

int report_page_write(const char *const *file, size_t files, unsigned tables, const char *path,
                      struct error *err)
{
    struct report report;
    const int status = report_load(&report, file, files, err)
                           ? write_page(&report, tables, path, err)
                           : error_status(err);
    report_free(&report);
    return status;
}
