// For binding.gyp: where the headers are.
module.exports = { includeDir: `${__dirname}/include` };
