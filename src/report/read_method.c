#include "report/read_method.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const char group[] = "/method";

/* A column is 8 bytes a layer, integers or doubles. */
static void put(struct method_layer *layer, const struct method_column *column, const void *value)
{
    memcpy((char *)layer + column->offset, value, sizeof(double));
}

static void read_column(struct reader *r, struct report_result *result,
                        const struct method_column *column, const char *path)
{
    static const int64_t one = 1;
    static const double one_real = 1.0;
    size_t length[STORE_AXES];
    if (!reader_shape(r, path, 1, length))
        return;
    if (!result->method_layer) {
        result->method_layers = length[0];
        result->method_layer = MEM_NEW(struct method_layer, length[0]);
    }
    const size_t n = result->method_layers;
    char *data = MEM_NEW(char, n * sizeof(double));
    reader_data(r, path, column->type, n, data);
    for (size_t l = 0; l < n && r->fine; l++)
        put(&result->method_layer[l], column, data + l * sizeof(double));
    put(&result->method_known, column,
        column->type == STORE_F64 ? (void *)&one_real : (void *)&one);
    mem_free(data);
}

void report_read_method(struct reader *r, struct report_result *result)
{
    struct error none;
    if (!r->fine || !store_has(r->file, group))
        return; /* made before methods were counted */
    if (store_get_text(r->file, group, "name", result->method, sizeof result->method, &none))
        error_clean(result->method);
    for (size_t c = 0; c < method_column_count; c++) {
        char path[READER_PATH];
        snprintf(path, sizeof path, "%s/%s", group, method_columns[c].name);
        if (store_has(r->file, path)) /* made before this was counted */
            read_column(r, result, &method_columns[c], path);
    }
}
