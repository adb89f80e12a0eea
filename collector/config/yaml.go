package config

import _ "go.yaml.in/yaml/v3" // the decoder's, which is under way
