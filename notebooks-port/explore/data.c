#include "notebooks-port/explore/data.h"

#include <limits.h>

#include "shared/base/file.h"

static int load(struct table **out, const char *folder, const char *name, bool optional, struct error *err)
{
    char path[PATH_MAX];
    if (file_path(path, sizeof path, folder, name, err))
        return -1;
    if (optional && !file_exists(path))
        return 0;
    return table_load(out, path, TABLE_APPLICATION, err);
}

int explore_data_read(struct explore_data *out, const char *folder, enum history_sums sums,
                      bool show_progress, struct error *err)
{
    *out = (struct explore_data){0};
    struct error errors[2] = {0};
    int status[2] = {-1, -1};
#pragma omp parallel sections num_threads(2)
    {
#pragma omp section
        {
            status[0] = load(&out->train, folder, "application_train.csv", false, &errors[0]);
            if (status[0] == 0)
                status[0] = load(&out->test, folder, "application_test.csv", true, &errors[0]);
        }
#pragma omp section
        status[1] = history_set_read_sums(&out->histories, folder, sums, show_progress, &errors[1]);
    }
    for (int i = 0; i < 2; i++)
        if (status[i])
            return error_set(err, errors[i].code, "%s", errors[i].message);
    return 0;
}

void explore_data_free(struct explore_data *data)
{
    table_free(data->train);
    table_free(data->test);
    history_set_free(data->histories);
    *data = (struct explore_data){0};
}
