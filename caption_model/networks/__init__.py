"""The networks, each as it is trained (``*_keras``) and as it is run (``*_onnx``), and what they share."""
