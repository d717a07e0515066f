{
  "variables": {
    # 1: with AddressSanitizer and UndefinedBehaviorSanitizer (npm run build:native:asan)
    "sanitize%": 0
  },
  "targets": [
    {
      "target_name": "lunetta_tap",
      "sources": [
        "native/addon.cc",
        "native/region.cc",
        "native/tap-port.cc",
        "native/tap-queue.cc",
        "native/tun-device.cc",
        "native/virtio-header.cc"
      ],
      "include_dirs": [
        "<!(node -p \"require('node-addon-api').include_dir\")",
        "<!(node -p \"require('@lunetta/driver-native').includeDir\")"
      ],
      "defines": ["NAPI_VERSION=9", "NAPI_CPP_EXCEPTIONS"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-fexceptions", "-Wall", "-Wextra", "-Werror"],
      "conditions": [
        ["sanitize==1", {
          "cflags_cc": ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"],
          "ldflags": ["-fsanitize=address,undefined"]
        }, {
          "cflags_cc": ["-O3"]
        }]
      ]
    }
  ]
}
