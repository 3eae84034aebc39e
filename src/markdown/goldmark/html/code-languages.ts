/**
 * Which languages Hugo 0.111.3 highlights: those that Chroma 2.5.0 has a lexer for, by name, alias or file name.
 * Any other gets Hugo's plain form of a code block.
 */

/** Names and aliases in lower case; those with a space cannot stand in an info string. */
const names = words(`
  1s 1s:enterprise abap abl abnf aconf actionscript actionscript3 ada ada2005 ada95 al angular2 antlr apache
  apacheconf apl applescript arduino arexx armasm as as3 asm awk b3d ballerina bash bash-session bashsession basic
  bat batch batchfile bf bib bibtex bicep bind blitzbasic bnf bplus bqn brainfuck bsdmake c c# c++ caddy caddy-d
  caddyfile caddyfile-d caddyfile-directives capnp cassandra cassette ceylon cf3 cfengine3 cfg cfs cfstatement
  chai chaiscript chapel cheetah chpl cl clj clojure cmake cobol coffee coffee-script coffeescript common-lisp
  console coq cpp cql cr crystal csh csharp css cucumber cython d dart diff django django/jinja dns docker
  dockerfile dosbatch dosini dtd duby dylan ebnf elisp elixir elm emacs emacs-lisp emacslisp erlang ex exs f90
  factor fennel fish fishshell fnl forth fortran fortranfixed fsharp gas gawk gd gdscript genshi genshitext
  gherkin glsl gnuplot go go-html-template go-text-template golang gql graphql graphqls groff groovy gsed
  handlebars haskell haxe hbs hcl hexdump hlb hlsl hs html html+genshi html+kid http hx hxsl hy hylang idr idris
  igor igorpro ini io j java java-properties javascript jinja jl js json jsx julia jungle kid kotlin ksh latex
  lighttpd lighty lisp llvm lua m2 make makefile mako man mariadb markdown mason mathematica matlab mawk
  mcfunction md meson meson.build metal mf minizinc mkd mlir mma modula-2 modula2 monkeyc morrowind
  morrowindscript mwscript myghty mysql mzn nasm nawk nb newspeak ng2 nginx nim nimrod nix nixos no-highlight
  nroff obj-c objc objective-c objectivec ocaml octave ones onesenterprise openedge openedgeabl openscad org
  orgmode pacmanconf perl perl6 php php3 php4 php5 phtml pig pkgconfig pl pl/pgsql pl6 plain plaintext plc plpgsql
  plutus-core pony posh postgres postgresql postscr postscript pov povray powerquery powershell pq progress prolog
  promql properties proto protobuf ps1 psd1 psl psm1 puppet pwsh py py2 py3 pyrex python python2 python3 pyx
  qbasic qbs qml r racket ragel raku rb react reason reasonml reg registry rest restructuredtext rexx rkt rs rst
  ruby rust s sage sas sass scala scheme scilab scm scss sed sh shell shell-session sieve smalltalk smarty sml
  snobol sol solidity sparql spitfire splus sql squeak squid squid.conf squidconf ssed st stas stylus sv svelte
  swift systemd systemverilog t-sql tablegen tape tasm tcl tcsh termcap terminfo terraform tex text tf thrift toml
  tradingview transact-sql ts tsql tsx turing turtle tv twig typescript typoscript typoscriptcssdata
  typoscripthtmldata udiff v vala vapi vb.net vbnet verilog vhdl vhs vim viml vlang vsh vshell vue vuejs wdte
  whiley winbatch xml xml+genshi xml+kid xorg xorg.conf yaml yang zed zig zone zsh
`);

const extensions = words(`
  1p 3pm 6pl 6pm ABAP ASM BAS BATCH C COB CPP CPY EPF ERF F F03 F90 F95 FEATURE H PROC R S SAS TRIG abap abnf ada
  adb ads al apl applescript arexx as asm automount aux awk b bal bas bash bat bb bf bib bicep bnf bqn bzl c c++
  capnp cc cdf ceylon cf cfg chai chpl cjs cl clj cls cmake cmd cob coffee cp cpp cpy cql cr cs csh csproj css cts
  cxx d dal dart decls def device di diff dnssd docker dtd duby dyl dylan dzn ebnf ebuild ecl eclass el elm env
  epf eps erf erl es escript ex exheres-0 exlib exs f f03 f90 f95 factor feature fennel fish frag frt fs fsi
  fsproj fth fun fzn gd gemspec geo go gradle graphql graphqls groovy h h++ handlebars hbs hcl hh hlb hlsl hlsli
  hpp hrl hs htm html hx hxsl hxx hy i idc idr ijs inc inf ini ino intr io ipf java jl js jsm json jsx jungle jy
  kid ksh kt link lisp ll load lua m ma mak man mao markdown mc mcfunction md metal mhtml mi mjs mk mkd ml mli
  mlir mll mly mod mount mts myt mzn nb nbp netdev network nim nimrod nix nqp ns2 org p p6 p6l p6m patch path pc
  php phtml pig pl pl6 plc plot plt pm pm6 pony pov pp pq pro prolog promql properties proto ps ps1 psd1 psl psm1
  pxd pxi py pyi pyw pyx qbs qml r rake raku rakudoc rakumod rakutest rb rbw rbx re react reg rei rest rex rexx
  rkt rktd rktl rq rs rs.in rss rst rvt rx s sage sas sass sc scad scala sce sci scm scope scss sed service sh
  sh-session sieve sig siv slice sml snobol socket sol sparql spt sql ss st stas styl sv svelte svg svh swap swift
  t tac tape target tasm tcl tcsh td tex tf thrift timer tmpl toc toml tpl ts tst tsx ttl tu turing tv txt v vala
  vapi vb vcxproj vert vhd vhdl vim vsh vue vv w wdte whiley wlua wsdl wsf xhtml xml xsd xsl xslt yaml yang yml
  zed zig zsh zshrc
`);

/** File names with wildcards, as in a shell. */
const fileNames = words(`
  *.[1-9] *.[gs]sed *.php[345] *.x[bp]m .Renviron .Rhistory .Rprofile .bash_* .bashrc .editorconfig .env .exrc
  .gitconfig .gvimrc .htaccess .pylintrc .vimrc .zshrc BSDmakefile BUCK BUILD BUILD.bazel CMakeLists.txt
  Caddyfile* Dockerfile Dockerfile.* GNUmakefile Gemfile Makefile Makefile.* PKGBUILD Rakefile SConscript
  SConstruct WORKSPACE _exrc _gvimrc _vimrc apache.conf apache2.conf autodelegate autohandler bash_* bashrc
  dhandler gvimrc makefile meson.build meson_options.txt nginx.conf pacman.conf pylintrc squid.conf termcap
  termcap.src terminfo terminfo.src v.mod vimrc xorg.conf zshrc
`);

/** Endings of backups and templates, which do not count. */
const ignoredEndings = words(`
  ~ .bak .old .orig .dpkg-dist .dpkg-old .ucf-dist .ucf-new .ucf-old .rpmnew .rpmorig .rpmsave .in
`);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

const knownNames = new Set(names);
const knownExtensions = new Set(extensions);
const knownFileName = new RegExp(`^(?:${fileNames.map(toPattern).join('|')})$`);

function toPattern(fileName: string): string {
  return fileName.replace(/[.*]/g, (char) => (char === '*' ? '[^/]*' : '\\.'));
}

/** Whether a fence of this language is highlighted. A language may also be a file name or its extension. */
export function isHighlightedLanguage(language: string): boolean {
  if (knownNames.has(language.toLowerCase())) return true;
  return [`filename.${language}`, language].some((path) => {
    const fileName = path.replace(/\/+$/, '').replace(/^.*\//s, '');
    return ['', ...ignoredEndings].some((ending) => {
      return fileName.endsWith(ending) && isKnownFile(fileName.slice(0, fileName.length - ending.length));
    });
  });
}

function isKnownFile(fileName: string): boolean {
  for (let dot = fileName.indexOf('.'); dot >= 0; dot = fileName.indexOf('.', dot + 1)) {
    if (knownExtensions.has(fileName.slice(dot + 1))) return true;
  }
  return knownFileName.test(fileName);
}
