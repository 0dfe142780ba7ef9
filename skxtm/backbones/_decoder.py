"""The generative side of the variational autoencoders."""

from torch import Tensor

from skxtm.losses.reconstruction import batch_normalised_nll, multinomial_nll
from skxtm.modules.batchnorm import ShiftBatchNorm
from skxtm.modules.sparse import SparseRows


class ProductDecoder(ShiftBatchNorm):
    """Words given topic proportions: ``p = softmax(BN(theta @ beta))`` over one vocabulary.

    One topic has all of every document, which leaves nothing to normalise: ``p = softmax(beta)``.
    The topic-word weights are an argument, since the backbones differ in where they come from.

    Parameters
    ----------
    n_features : int
        Size of the vocabulary.
    eps, momentum : float
        Settings of the batch normalisation.
    """

    def nll(self, theta: Tensor, topic_word: Tensor, counts: SparseRows) -> Tensor:
        """Negative log-likelihood of the counts.

        Parameters
        ----------
        theta : Tensor of shape (n_documents, n_components)
            Topic proportions.
        topic_word : Tensor of shape (n_words, n_components)
            Unnormalised weights, beta transposed.
        counts : SparseRows of shape (n_documents, n_words)
            Word counts.

        Returns
        -------
        loss : Tensor of shape (n_documents,)
            Nats per document; in training by the batch's statistics, which it also records.
        """
        if topic_word.shape[1] == 1:
            return multinomial_nll(topic_word.T.expand(len(theta), -1), counts)
        if self.training:
            loss, mean, variance = batch_normalised_nll(theta, topic_word, self.shift, counts, self.eps)
            self.update(mean, variance, len(theta))
            return loss
        logits = self(theta @ topic_word.T)
        return multinomial_nll(logits, counts)
