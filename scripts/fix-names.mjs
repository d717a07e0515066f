import ts from 'typescript';

/**
 * Makes constants of the functions, classes and values at the top of a bundled module. V8 compiles a call through a
 * constant without a look at what it holds; a `function` or `var` of a module, which is all that esbuild writes there, it
 * reads and compares at every call: a UDP echo takes 0.87 of the time (`docs/adr/0002-one-file.md`). Lines stay where they
 * are, so that the source map holds.
 *
 * @param {string} text the module
 * @returns {string}
 */
export function fixNames(text) {
  const { statements } = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
  const changed = new Set();
  statements.forEach((statement) => addChanged(statement, changed));
  let fixed = '';
  let at = 0;
  const replace = (from, to, by) => {
    fixed += text.slice(at, from) + by;
    at = to;
  };
  for (const statement of statements) {
    const start = statement.getStart();
    if (ts.isFunctionDeclaration(statement) && !changed.has(statement.name.text)) {
      const kind = text.slice(start, statement.name.getStart()).trimEnd(); // function, async function, function*
      replace(start, statement.name.end, `const ${statement.name.text} = ${kind}`);
      replace(statement.end, statement.end, ';');
    } else if (ts.isVariableStatement(statement) && isFixed(statement.declarationList, changed)) {
      replace(start, start + 'var'.length, 'const');
    }
  }
  return fixed + text.slice(at);
}

/** Adds the names that something is assigned to below `node`, in whatever scope. */
function addChanged(node, names) {
  const { FirstAssignment, LastAssignment, PlusPlusToken, MinusMinusToken } = ts.SyntaxKind;
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    if (kind >= FirstAssignment && kind <= LastAssignment) addNames(node.left, names);
  } else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    if (node.operator === PlusPlusToken || node.operator === MinusMinusToken) addNames(node.operand, names);
  } else if (ts.isForInStatement(node) || ts.isForOfStatement(node)) {
    if (!ts.isVariableDeclarationList(node.initializer)) addNames(node.initializer, names);
  }
  ts.forEachChild(node, (child) => addChanged(child, names));
}

/** Adds the names in `target`: one, or those of a pattern. What is assigned to a member changes no name. */
function addNames(target, names) {
  if (ts.isIdentifier(target)) names.add(target.text);
  else if (!ts.isPropertyAccessExpression(target) && !ts.isElementAccessExpression(target)) {
    ts.forEachChild(target, (child) => addNames(child, names));
  }
}

function isFixed({ declarations }, changed) {
  return declarations.every(({ name, initializer }) => {
    // An enum begins as `E || {}`: it mentions itself.
    if (initializer === undefined || initializer.getText().endsWith(' || {})')) return false;
    const names = new Set();
    addNames(name, names);
    return [...names].every((each) => !changed.has(each));
  });
}
