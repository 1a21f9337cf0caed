/* A position in the feature vector for each feature of the catalogue. */
#ifndef CLAIRSCORE_FEATURES_FEATURE_IDS_H
#define CLAIRSCORE_FEATURES_FEATURE_IDS_H

enum feature_id {
#define FEATURE(name, ...) FEATURE_##name,
#include "shared/features/catalogue.def"
    FEATURE_COUNT
};

#endif
