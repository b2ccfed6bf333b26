def label_of($number): "number \($number)";
