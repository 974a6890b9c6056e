# shellcheck shell=bash
# Tables of figures, from lines with tabs between the fields.

# For jq: the median of an array of numbers.
MEDIAN='
  def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
    else (.[length / 2] + .[length / 2 - 1]) / 2 end;'

# What is measured on: one string for jq.
machine() {
  jq -n --arg cpu "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)" \
    --arg cpus "$(nproc)" --arg kernel "$(uname -r)" \
    '"everything on one machine: \($cpus) processors (\($cpu)), Linux \($kernel)"'
}

# Numbers from the third field on to what is worth reading: ratios keep two digits.
round_rows() {
  awk -F '\t' -v OFS='\t' '{
    for (i = 3; i <= NF; i++) {
      if ($i != "") $i = sprintf($2 ~ /ratio/ ? "%.2f" : "%.0f", $i)
    }
    print
  }'
}

plain_table() {
  awk -F '\t' '{
    for (i = 1; i <= NF; i++) {
      cell[NR, i] = $i
      if (length($i) > width[i]) width[i] = length($i)
    }
    fields = NF
  } END {
    for (row = 1; row <= NR; row++) {
      line = ""
      for (i = 1; i <= fields; i++) {
        line = line sprintf(i == 2 ? "%-" width[i] "s  " : "%" width[i] "s  ", cell[row, i])
      }
      sub(/ +$/, "", line)
      print line
    }
  }'
}

markdown_table() {
  awk -F '\t' '{
    line = "|"
    rule = "|"
    for (i = 1; i <= NF; i++) {
      line = line ($2 == "ratio" && i == 2 ? " **ratio** |" : " " $i " |")
      rule = rule (i == 2 ? "---|" : "--:|")
    }
    print line
    if (NR == 1) print rule
  }'
}
