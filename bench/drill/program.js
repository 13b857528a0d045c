// The program, of the build that DRILL_DIST names.
const { main } = await import(`${process.env.DRILL_DIST}/cli/main.js`);
process.exitCode = await main(process.argv);
