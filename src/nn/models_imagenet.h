/* Networks for ImageNet as torchvision has them, with its names of layers, for images of any size that
 * leaves them a pixel. Each function appends one to an empty network and returns the logits; none is
 * collective. */
#ifndef RESLICE_NN_MODELS_IMAGENET_H
#define RESLICE_NN_MODELS_IMAGENET_H

#include "nn/model_spec.h"
#include "nn/network.h"

/* AlexNet (Krizhevsky 2014, "One weird trick"): features.0 … features.10, classifier.1, .4, .6, dropout
 * before the first two. classifier.1 reads what is left of the image: 6x6 pixels of 224x224. */
struct tensor *model_alexnet(struct network *net, const struct model_spec *spec);

/* VGG-16 (Simonyan & Zisserman 2015, configuration D): features.0 … features.28, classifier.0, .3, .6,
 * dropout before the last two. classifier.0 reads what is left of the image: 7x7 pixels of 224x224. */
struct tensor *model_vgg16(struct network *net, const struct model_spec *spec);

/* ResNet-18 and ResNet-50 (He et al. 2016, table 1): conv1, bn1, layer1.0 … layer4.N, fc. */
struct tensor *model_resnet18(struct network *net, const struct model_spec *spec);
struct tensor *model_resnet50(struct network *net, const struct model_spec *spec);

/* MobileNetV2 of width 1 (Sandler et al. 2018, table 2): features.0.0 … features.18.1, classifier.1;
 * without its dropout of a fifth. */
struct tensor *model_mobilenetv2(struct network *net, const struct model_spec *spec);

#endif
