#define SHAP_EXPLAIN_ROW shap_explain_row_plain
#define SHAP_EXPLAIN_ROWS shap_explain_rows_plain
#include "shared/model/tree_shap_kernel.h"
