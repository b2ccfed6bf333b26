def share($total): $total / 7;
{lines: [range(7) as $index | {amount: share(.data.total_minor)}]}
