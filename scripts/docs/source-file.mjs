/** Reads names, comments and constants out of a TypeScript file, for the pages that are made from the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

import { ROOT } from '../setup/run.mjs';

/** A source file, parsed. Every reader throws an Error if what it looks for is not there. */
export class SourceFile {
  /** @param path from the top of the checkout */
  constructor(path) {
    this.path = path;
    const text = readFileSync(join(ROOT, path), 'utf8');
    this.tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  }

  /** Members of an interface: `{ name, comment }`, in their order. */
  interfaceMembers(name) {
    const { members } = this.find(ts.isInterfaceDeclaration, name);
    return members.map((member) => ({ name: member.name.text, comment: commentOf(member) }));
  }

  /** An enum: its comment and its members `{ name, comment }`; `section` is the last `// ---- ... ----` before one. */
  enumeration(name) {
    const declaration = this.find(ts.isEnumDeclaration, name);
    let section = '';
    const members = declaration.members.map((member) => {
      const leading = this.tree.text.slice(member.getFullStart(), member.getStart());
      section = /^\s*\/\/ ---- (.+) ----$/m.exec(leading)?.[1] ?? section;
      return { name: member.name.text, comment: commentOf(member), section };
    });
    return { comment: commentOf(declaration), members };
  }

  /** Text and comment of a constant: `{ text, value, comment }`; `value` only of numbers and arithmetic. */
  constant(name) {
    const declaration = this.find(ts.isVariableDeclaration, name);
    const { initializer } = declaration;
    return {
      text: initializer.getText(),
      value: numberOf(initializer),
      comment: commentOf(declaration.parent.parent),
    };
  }

  /** Properties of an object literal that is a constant's value: name to text. */
  objectTexts(name) {
    const { initializer } = this.find(ts.isVariableDeclaration, name);
    return new Map(initializer.properties.map((property) => [property.name.text, property.initializer.getText()]));
  }

  /** Arguments of the calls chained in a zod object's property, such as `{ min: '1', default: '64', describe: ... }`. */
  zodProperty(name) {
    const calls = {};
    for (let node = this.find(ts.isPropertyAssignment, name).initializer; ts.isCallExpression(node);) {
      const [argument] = node.arguments;
      calls[node.expression.name.text] =
        argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : argument?.getText();
      node = node.expression.expression;
    }
    return calls;
  }

  /** The comment of a function or constant. */
  commentOf(name) {
    return commentOf(this.find(ts.isFunctionDeclaration, name));
  }

  /** The first declaration of that kind and name, wherever it stands. */
  find(isKind, name) {
    const visit = (node) => (isKind(node) && node.name?.text === name ? node : ts.forEachChild(node, visit));
    const found = visit(this.tree);
    if (found === undefined) throw new Error(`${this.path}: no '${name}' any more; bring scripts/docs up to date`);
    return found;
  }
}

/** The text of a doc comment without its tags, in one line, links as code. */
function commentOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const comment = comments.at(-1)?.comment;
  const text = typeof comment === 'string' ? comment : ts.getTextOfJSDocComment(comment);
  return (text ?? '')
    .replace(/\{@link ([^}]+)\}/g, '`$1`')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The value of a number or of a product or shift of numbers; undefined for everything else. */
function numberOf(node) {
  if (ts.isNumericLiteral(node)) return Number(node.text.replaceAll('_', ''));
  if (!ts.isBinaryExpression(node)) return undefined;
  const [left, right] = [numberOf(node.left), numberOf(node.right)];
  if (left === undefined || right === undefined) return undefined;
  switch (node.operatorToken.kind) {
    case ts.SyntaxKind.AsteriskToken:
      return left * right;
    case ts.SyntaxKind.LessThanLessThanToken:
      return left << right;
    case ts.SyntaxKind.PlusToken:
      return left + right;
    default:
      return undefined;
  }
}
